/** Memory that a write still reads from. */
export interface Loan {
  /** The write is over. */
  giveBack(): void
}
