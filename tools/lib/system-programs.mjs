import { existsSync } from 'node:fs'
import { basename, delimiter, join } from 'node:path'

/**
 * The programs of the system that the tests and the benchmark start, by what they start them with. system-packages.mjs
 * checks these very programs.
 *
 * Where Debian keeps one it comes before others of its name: apt-get installs Python's modules for that one, and the
 * first `python3` on the path may be another (pyenv, conda).
 */
export function systemPrograms({ CHROMIUM, FIREFOX, PATH = '' } = process.env) {
  const find = place => {
    const folders = PATH.split(delimiter).filter(folder => folder !== '')
    const places = [place, ...folders.map(folder => join(folder, basename(place)))]
    return places.find(file => existsSync(file)) ?? place
  }
  return {
    python: find('/usr/bin/python3'),
    chromium: CHROMIUM || find('/usr/bin/chromium'),
    firefox: FIREFOX || find('/usr/bin/firefox-esr'),
    nginx: find('/usr/sbin/nginx'),
    haproxy: find('/usr/sbin/haproxy'),
    caddy: find('/usr/bin/caddy'),
    apache: find('/usr/sbin/apache2'),
    redis: find('/usr/bin/redis-server'),
    nats: find('/usr/sbin/nats-server'),
    openssl: 'openssl',
    curl: 'curl',
    cc: 'cc',
    make: 'make',
    cxx: 'g++',
  }
}
