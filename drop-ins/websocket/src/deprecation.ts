/** Warnings about names that will go; there are none now. */
export const deprecation: {
  disableWarnings: boolean
  deprecationWarningMap: { [name: string]: string | false }
  warn(deprecationName: string): void
} = {
  disableWarnings: false,
  deprecationWarningMap: {},

  /** Warns of each thing once. */
  warn(deprecationName) {
    const warning = this.deprecationWarningMap[deprecationName]
    if (this.disableWarnings || !warning) return
    console.warn(`DEPRECATION WARNING: ${warning}`)
    this.deprecationWarningMap[deprecationName] = false
  },
}
