/** What the doctor speaks. */
export type Language = 'en' | 'zh'
