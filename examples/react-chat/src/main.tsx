import { BothwaysProvider } from '@bothways/react'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Chat } from './chat.tsx'

// http://127.0.0.1:3000/#张三
const name = decodeURIComponent(location.hash.slice(1)) || 'Li Si'

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <BothwaysProvider url="/bothways">
      <Chat room="42" name={name} />
    </BothwaysProvider>
  </StrictMode>,
)
