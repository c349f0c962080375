import { type KeyboardEvent, type ReactNode, useRef } from 'react'
import { useTexts } from './app-context.ts'
import { type TabName, tabNames } from './location-hash.ts'

export interface TabListProps {
  readonly tab: TabName
  onTab(tab: TabName): void
}

const steps: Readonly<Record<string, (at: number) => number>> = {
  ArrowLeft: at => at - 1,
  ArrowRight: at => at + 1,
  Home: () => 0,
  End: () => tabNames.length - 1,
}

/** One stop of the Tab key; arrows, Home and End change the tab (WAI-ARIA APG, tabs). */
export function TabList({ tab, onTab }: TabListProps): ReactNode {
  const texts = useTexts()
  const list = useRef<HTMLDivElement>(null)

  function onKeyDown(event: KeyboardEvent): void {
    const step = steps[event.key]
    if (step === undefined || event.ctrlKey || event.altKey || event.metaKey) return
    event.preventDefault()
    const at = (step(tabNames.indexOf(tab)) + tabNames.length) % tabNames.length
    onTab(tabNames[at] ?? tab)
    list.current?.querySelectorAll('button')[at]?.focus()
  }

  return (
    <div ref={list} className="tab-list" role="tablist" aria-label={texts.app.parts} onKeyDown={onKeyDown}>
      {tabNames.map(name => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`tab-${name}`}
          aria-controls={`panel-${name}`}
          aria-selected={name === tab}
          tabIndex={name === tab ? 0 : -1}
          onClick={() => onTab(name)}
        >
          {texts.tabs[name]}
        </button>
      ))}
    </div>
  )
}
