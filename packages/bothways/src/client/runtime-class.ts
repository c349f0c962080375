/**
 * A class of the runtime's own, if it has one. Node 22 compiles WebAssembly to load those of the web's APIs, and ends the
 * process where there is none (`--jitless`).
 */
export function runtimeClass<Class>(name: 'CloseEvent' | 'MessageEvent'): Class | undefined {
  return 'WebAssembly' in globalThis ? Reflect.get(globalThis, name) : undefined
}
