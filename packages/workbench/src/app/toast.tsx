import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from 'react'

const shownMs = 3_000

const ToastContext = createContext<(text: string) => void>(() => {})

/** Says something in passing, to eyes and to screen readers. */
export function useToast(): (text: string) => void {
  return useContext(ToastContext)
}

export function ToastArea({ children }: { children: ReactNode }): ReactNode {
  // An object: the same text twice is said twice.
  const [toast, setToast] = useState({ text: '' })
  const say = useCallback((text: string) => setToast({ text }), [])
  useEffect(() => {
    if (toast.text === '') return
    const timer = setTimeout(() => setToast({ text: '' }), shownMs)
    return () => clearTimeout(timer)
  }, [toast])
  return (
    <ToastContext value={say}>
      {children}
      <div className="toast" role="status">
        {toast.text !== '' && <span>{toast.text}</span>}
      </div>
    </ToastContext>
  )
}
