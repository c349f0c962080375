import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildAll } from '../lib/build-workspace.mjs'
import { install } from '../lib/install.mjs'
import { readJson } from '../lib/lock-file.mjs'
import { publicPackages, tarballChecks } from '../lib/packing.mjs'
import { prepareRuntimes } from '../lib/runtimes.mjs'
import { executeNpm, executeTool } from '../lib/spawn.mjs'
import { findMissing, neededByTests, requireSystemPackages } from '../lib/system-packages.mjs'
import { run, say } from '../lib/terminal.mjs'

const captured = { capture: true }

// `npm test`: installs, builds, checks and tests everything. `npm test -- <arguments>` gives the arguments to
// Vitest and runs nothing else. The last line is `N passed, N failed`: each check counts as one test.
await run(async () => {
  const vitestArguments = process.argv.slice(2)
  const isWhole = vitestArguments.length === 0
  if (isWhole) await requireSystemPackages(neededByTests)
  await buildAll()
  await prepareRuntimes()
  await install('test/dependents')
  await install('examples/react-express')
  const results = []
  if (isWhole) {
    results.push(await check('types', types))
    results.push(
      await check('format and lint', () =>
        executeTool('@biomejs/biome', 'biome', ['ci', '--colors=off', '.'], captured),
      ),
    )
    results.push(
      await check('unused files, exports and dependencies', () => executeTool('knip', 'knip', [], captured)),
    )
    for (const folder of publicPackages()) {
      results.push(await check(`package ${folder}`, () => packageShape(folder)))
    }
  }
  results.push(await vitest(vitestArguments))
  const sum = key => results.reduce((total, result) => total + result[key], 0)
  if (!isWhole && sum('failed') > 0) await tellWhatIsMissing()
  say(`${sum('passed')} passed, ${sum('failed')} failed`)
  process.exitCode = sum('failed') === 0 ? 0 : 1
})

/** Chosen tests run without the software that others need; a test that needs it fails, and this may be why. */
async function tellWhatIsMissing() {
  const missing = await findMissing(neededByTests)
  if (missing !== undefined) say(missing.message)
}

/** Runs one check, says in a line how it went, and shows its output when it failed. */
async function check(name, work) {
  const start = performance.now()
  const { code, output } = await work()
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  if (code === 0) {
    say(`ok    ${name} (${seconds} s)`)
    return { passed: 1, failed: 0 }
  }
  say(`FAIL  ${name} (${seconds} s)\n${output.trimEnd()}`)
  return { passed: 0, failed: 1 }
}

/** The types of everything, tests included: the packages' own tsconfig files leave their tests out. */
function types() {
  return inTurn(['tsconfig.test.json', 'packages/workbench', 'examples/react-chat'], project =>
    executeTool('typescript', 'tsc', ['-p', project, '--pretty', 'false'], captured),
  )
}

/** Checks the package as people would install it, packed. */
async function packageShape(folder) {
  const destination = mkdtempSync(join(tmpdir(), 'bothways-pack-'))
  try {
    const flags = ['--pack-destination', destination, '--loglevel=error']
    const packed = await executeNpm(['pack', `./${folder}`, ...flags], captured)
    if (packed.code !== 0) return packed
    const tarball = join(destination, readdirSync(destination)[0])
    return await inTurn(tarballChecks(folder, tarball), ([name, command, args]) =>
      executeTool(name, command, args, captured),
    )
  } finally {
    rmSync(destination, { recursive: true, force: true })
  }
}

async function inTurn(items, work) {
  const results = []
  for (const item of items) results.push(await work(item))
  return {
    code: results.find(({ code }) => code !== 0)?.code ?? 0,
    output: results
      .filter(({ code }) => code !== 0)
      .map(({ output }) => output)
      .join('\n'),
  }
}

/** Runs Vitest on the terminal; its JSON report, written beside, gives the counts. */
async function vitest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'bothways-vitest-'))
  try {
    const report = join(folder, 'report.json')
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const { code } = await executeTool('vitest', 'vitest', ['run', ...reporters, ...args])
    return countTests(code, report)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function countTests(code, path) {
  let report
  try {
    report = readJson(path)
  } catch {
    say(`Vitest ended with ${code} and left no report: see its messages above.`)
    return { passed: 0, failed: 1 }
  }
  const { numPassedTests: passed, numFailedTests, testResults } = report
  const skipped = report.numTotalTests - passed - numFailedTests
  if (skipped > 0) say(`${skipped} tests were skipped: a skipped test counts as neither.`)
  // A file that does not load has no tests to count, and an error outside of a test makes Vitest fail.
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some(isFailed),
  )
  const failed = numFailedTests + broken.length
  if (passed === 0 && failed === 0) say('No test ran: that is a failure.')
  return { passed, failed: failed === 0 && (code !== 0 || passed === 0) ? 1 : failed }
}

function isFailed({ status }) {
  return status === 'failed'
}
