import { parseArgs } from 'node:util'
import { bareDebian, DebianRoot } from '../lib/debian-root.mjs'
import { execute } from '../lib/spawn.mjs'
import { run, Stop, say } from '../lib/terminal.mjs'

const usage = `npm run fresh -- [--machine NAME]… [--tests PATH]… [--rebuild]

Runs \`npm start\` and \`npm test\`, each in a new clone of what is committed, on machines that have nothing but Debian's
base system, Node.js and npm. Needs root on Debian, and some gigabytes where TMPDIR says.

  --machine NAME  only this machine; may be given more than once
                    bare     nothing else
                    python   another Python first on the path, which has some of the modules that the tests need
  --tests PATH    only these tests, with what they need installed before; may be given more than once
  --rebuild       makes the base system anew, which otherwise comes from the cache
`

const machines = {
  bare: () => {},

  /** As with pyenv: the modules that apt-get installs are not there for it. */
  async python(machine) {
    const script = `
      apt-get update --quiet && apt-get install --quiet --yes --no-install-recommends python3 &&
      /usr/bin/python3 -m venv --without-pip /opt/python &&
      folder=$(/opt/python/bin/python3 -c 'import sysconfig; print(sysconfig.get_path("purelib"))') &&
      mkdir "$folder/requests" && touch "$folder/requests/__init__.py"`
    const { code, output } = await machine.run(['sh', '-c', script])
    if (code !== 0) throw new Stop(`${output}\nThe other Python could not be set up.`)
    machine.prependPath('/opt/python/bin')
  },
}

/** Each says what it saw, and throws when that is not what the README promises. */
const steps = {
  async 'npm start, then Ctrl-C'(machine, { commit }) {
    let heard = ''
    let page
    const onOutput = (text, sendAll) => {
      process.stdout.write(text)
      heard += text
      const [, url] = /^Bothways is listening on (\S+)$/m.exec(heard) ?? []
      if (url !== undefined) page ??= fetchPage(url).finally(() => sendAll('SIGINT'))
    }
    const cwd = await machine.clone(commit)
    const { code } = await machine.run(['npm', 'start'], { cwd, env: { PORT: '0' }, onOutput })
    if (page === undefined) throw new Stop(`It ended with ${code} before it was ready.`)
    const { title, problem } = await page
    if (title === undefined) throw new Stop(`${problem}.`)
    if (code !== 0) throw new Stop(`It ended with ${code} after Ctrl-C.`)
    return `served “${title}” and ended with 0`
  },

  async 'npm test of somebody else than root'(machine, { commit }) {
    const options = { cwd: await machine.clone(commit), env: { HOME: '/tmp' }, user: 65534, onOutput: show }
    const { code, output } = await machine.run(['npm', 'test'], options)
    const [advice, ...others] = output.match(/sudo apt-get install .*/g) ?? []
    if (code !== 1 || advice === undefined || others.length > 0) {
      throw new Stop(`It ended with ${code} and named ${others.length + (advice ? 1 : 0)} commands, not one.`)
    }
    return 'ended with 1 and named the command that installs what is missing'
  },

  async 'npm test'(machine, { commit, tests }) {
    const cwd = await machine.clone(commit)
    if (tests.length > 0) {
      const program =
        "import { neededByTests, requireSystemPackages } from './tools/lib/system-packages.mjs'; await requireSystemPackages(neededByTests)"
      const install = ['node', '--input-type=module', '--eval', program]
      const { code } = await machine.run(install, { cwd, onOutput: show })
      if (code !== 0) throw new Stop('What the tests need could not be installed.')
    }
    const command = ['npm', 'test', ...(tests.length > 0 ? ['--', ...tests] : [])]
    const { code, output } = await machine.run(command, { cwd, onOutput: show })
    const sum = output.match(/^\d+ passed, \d+ failed$/gm)?.at(-1)
    if (code !== 0 || sum?.endsWith(' 0 failed') !== true) throw new Stop(`It ended with ${code}: ${sum}.`)
    return sum
  },
}

await run(async () => {
  const { machine: chosen, tests, rebuild, help } = options()
  if (help) {
    process.stdout.write(usage)
    return
  }
  const stopping = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => stopping.abort())
  const base = await bareDebian({ rebuild, signal: stopping.signal })
  const commit = await committed()
  const results = []
  for (const name of chosen) results.push(...(await visit(name, base, { commit, tests }, stopping.signal)))
  say(`\n${results.map(({ line }) => line).join('\n')}`)
  process.exitCode = results.every(({ isGood }) => isGood) ? 0 : 1
})

/** The last commit; says so when there is more than that. */
async function committed() {
  const git = args => execute('git', ['-c', 'safe.directory=*', ...args], { capture: true })
  const { stdout: changes } = await git(['status', '--short'])
  if (changes !== '') say(`Not committed, so left out:\n${changes.trimEnd()}`)
  const { stdout: commit } = await git(['rev-parse', 'HEAD'])
  return commit.trim()
}

function options() {
  const { values } = parse()
  const unknown = values.machine.find(name => machines[name] === undefined)
  if (unknown !== undefined) throw new Stop(`There is no machine ${unknown}.\n\n${usage}`)
  return values
}

function parse() {
  try {
    return parseArgs({
      options: {
        machine: { type: 'string', multiple: true, default: Object.keys(machines) },
        tests: { type: 'string', multiple: true, default: [] },
        rebuild: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new Stop(`${error.message}\n\n${usage}`, { cause: error })
  }
}

/** Makes a machine, takes all steps on it, and removes it. */
async function visit(name, base, what, signal) {
  const machine = await DebianRoot.copyOf(base, signal)
  try {
    await machines[name](machine)
    const results = []
    for (const [step, take] of Object.entries(steps)) {
      say(`\n${name}: ${step}`)
      const start = performance.now()
      const { isGood, text } = await take(machine, what).then(
        seen => ({ isGood: true, text: seen }),
        error => {
          if (!(error instanceof Stop) || signal.aborted) throw error
          return { isGood: false, text: error.message }
        },
      )
      const seconds = Math.round((performance.now() - start) / 1_000)
      results.push({ isGood, line: `${isGood ? 'ok  ' : 'FAIL'}  ${name}: ${step}: ${text} (${seconds} s)` })
    }
    return results
  } finally {
    await machine.remove()
  }
}

/** @returns the page's title, else the problem */
async function fetchPage(url) {
  try {
    const response = await fetch(url)
    const [, title] = /<title>([^<]+)<\/title>/.exec(await response.text()) ?? []
    return { title, problem: `${url} answered ${response.status} without a page` }
  } catch (error) {
    return { problem: `${url}: ${error.cause ?? error}` }
  }
}

function show(text) {
  process.stdout.write(text)
}
