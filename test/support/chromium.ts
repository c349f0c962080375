import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'
import { systemPrograms } from '../../tools/lib/system-programs.mjs'

/** The flags that keep Chromium from asking the internet, and let it run as root in a container. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface ChromiumOptions {
  /** The language that the browser asks for, `en-US` by default. */
  readonly locale?: string
  readonly colorScheme?: 'light' | 'dark'
  readonly viewport?: { readonly width: number; readonly height: number }
  readonly args?: readonly string[]
}

export interface Chromium {
  readonly context: BrowserContext
  close(): Promise<void>
}

/** Where Chromium is. */
export function chromiumPath(): string {
  const path = systemPrograms().chromium
  if (existsSync(path)) return path
  throw new Error(
    `These tests need Chromium at ${path}: apt-get install chromium, or name one in the environment variable CHROMIUM.`,
  )
}

/** Starts a Chromium with a fresh profile. */
export async function launchChromium(options: ChromiumOptions = {}): Promise<Chromium> {
  const {
    locale = 'en-US',
    colorScheme = 'light',
    viewport = { width: 1280, height: 800 },
    args = [],
  } = options
  const executablePath = chromiumPath()
  const profile = await mkdtemp(join(tmpdir(), 'bothways-chromium-'))
  const removeProfile = () => rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  try {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath,
      args: [...flags, ...args],
      locale,
      colorScheme,
      viewport,
    })
    return {
      context,
      async close() {
        await context.close()
        await removeProfile()
      },
    }
  } catch (error) {
    await removeProfile()
    throw error
  }
}
