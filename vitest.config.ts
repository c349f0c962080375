import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

// Tests run from the sources: the condition picks `src` over `dist` in every package of the workspace.
const conditions = ['@bothways/source', 'node', 'import', 'module', 'default']

const inBrowser = 'test/browser/**/*.test.ts'

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    // A loaded machine takes many times as long as a quiet one; what hangs, hangs longer.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    expect: { poll: { timeout: 30_000 } },
    // Of tests that wait side by side.
    maxConcurrency: 16,
    // The command line speaks the locale's language.
    env: { LC_ALL: 'C.UTF-8' },
    // Vitest would leave one processor free: of two that is half, and most tests wait for others.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    globalSetup: 'test/support/certificate-folder.ts',
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: [
            '{packages,drop-ins,brokers}/*/src/**/*.test.ts',
            'test/**/*.test.ts',
            'examples/**/*.test.ts',
            'bench/**/*.test.mjs',
          ],
          exclude: ['**/node_modules/**', inBrowser],
          sequence: { groupOrder: 0 },
        },
      },
      {
        // One browser at a time, and nothing beside it: what it draws is measured.
        extends: true,
        test: { name: 'browser', include: [inBrowser], maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
})
