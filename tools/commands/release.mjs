import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from '../lib/build-workspace.mjs'
import { readJson } from '../lib/lock-file.mjs'
import { packAll, publicPackages, tarballChecks, tarballName } from '../lib/packing.mjs'
import { execute, executeNpm, executeTool, root } from '../lib/spawn.mjs'
import { run, Stop, say } from '../lib/terminal.mjs'

// `npm run release -- --dry-run`: builds, packs every package into the folder release/, checks the tarballs, and installs
// them into an empty project without the network. Without --dry-run it publishes them then, in order.
await run(async () => {
  const { values } = parseArgs({
    options: {
      'dry-run': { type: 'boolean' },
      to: { type: 'string', default: join(root, 'release') },
      repository: { type: 'string' },
    },
  })
  const isDry = values['dry-run'] === true
  const { repository } = values
  if (!isDry && repository === undefined) {
    throw new Stop(
      'To publish, say where links of the READMEs lead: --repository https://HOST/OWNER/bothways/blob/main. Or pack only: --dry-run.',
    )
  }
  await build()
  const folders = publicPackages()
  const destination = resolve(values.to)
  say('Packing …')
  const tarballs = await packAll(folders, destination, repository)
  for (const folder of folders) await check(folder, join(destination, tarballName(folder)))
  await tryIn(tarballs)
  const shown = relative(root, destination) || '.'
  say(
    `${tarballs.length} packages are in ${shown}. In a project of yours: npm install ${join(destination, '*.tgz')}`,
  )
  if (isDry) return
  for (const folder of folders) await publish(folder, join(destination, tarballName(folder)))
})

async function check(folder, tarball) {
  for (const [name, command, args] of tarballChecks(folder, tarball)) {
    const { code, output } = await executeTool(name, command, args, { capture: true })
    if (code !== 0) throw new Stop(`${output}\n${command} finds fault with ${tarball}: see above.`)
  }
}

/** An empty project that gets all of them, and nothing else, and a program that uses them. */
async function tryIn(tarballs) {
  const folder = mkdtempSync(join(tmpdir(), 'bothways-project-'))
  try {
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ name: 'project', private: true, type: 'module' }),
    )
    const flags = ['--offline', '--no-audit', '--no-fund', '--loglevel=error']
    // The hooks expect a project to have React; it is taken from here, not from the network.
    const packages = [...tarballs, join(root, 'node_modules/react')]
    const installed = await executeNpm(['install', ...flags, ...packages], { cwd: folder, capture: true })
    if (installed.code !== 0)
      throw new Stop(`${installed.output}\nThe tarballs cannot be installed: see above.`)
    const program = `
      import { createServer, WebSocket } from 'bothways'
      import ws from '@bothways/ws'
      const server = createServer().route('/', { message: (socket, message) => socket.send(message) })
      const { url } = await server.listen()
      const socket = new ws(url)
      socket.on('open', () => socket.send('hello'))
      socket.on('message', data => { console.log(String(data), typeof WebSocket); server.close() })`
    const { code, output } = await execute(process.execPath, ['--input-type=module', '-e', program], {
      cwd: folder,
      capture: true,
    })
    if (code !== 0 || output.trim() !== 'hello function') {
      throw new Stop(`${output}\nA program in an empty project fails: see above.`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function publish(folder, tarball) {
  const { name, version } = readJson(join(root, folder, 'package.json'))
  say(`Publishing ${name} ${version} …`)
  const { code } = await executeNpm(['publish', tarball, '--access', 'public'])
  if (code !== 0) throw new Stop(`${name} was not published: see above.`)
}
