/** Wrong calls of workers. */
export const workerUsageCodes = ['BW_WRONG_PROCESS'] as const
