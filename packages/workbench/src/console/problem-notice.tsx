import { CopyOutlined } from '@ant-design/icons'
import { Alert, Button } from 'antd'
import type { ReactNode } from 'react'
import { useTexts } from '../app/app-context.ts'
import { useCopy } from '../app/use-copy.ts'
import type { Texts } from '../texts/texts.ts'
import { connectCommand } from './connect-command.ts'
import type { ConsoleProblem, ConsoleSession } from './console-session.ts'
import type { FailureCause } from './failure-causes.ts'
import { FindOut } from './find-out.tsx'
import { useReading } from './use-console.ts'

/** The problem, in the browser's words and in ours, and what to do. */
export function ProblemNotice({ session }: { session: ConsoleSession }): ReactNode {
  const { problem: texts, failure } = useTexts().console
  const problem = useReading(session.signal, () => session.problem)
  const waitingCount = useReading(session.signal, () => session.waitingCount)
  if (problem === undefined) {
    return waitingCount === 0 ? null : <Alert type="info" showIcon title={texts.willSend} />
  }
  const { title, type, content } = describe(problem, session, texts, failure.title)
  return (
    <Alert
      className="problem"
      data-problem={problem.kind}
      type={type}
      title={title}
      description={content}
      closable={{ onClose: () => session.dismissProblem(), 'aria-label': texts.dismiss }}
    />
  )
}

interface Description {
  readonly title: string
  readonly type: 'error' | 'warning'
  readonly content: ReactNode
}

function describe(
  problem: ConsoleProblem,
  session: ConsoleSession,
  texts: Texts['console']['problem'],
  failureTitle: string,
): Description {
  switch (problem.kind) {
    case 'address':
      return {
        title: texts.address,
        type: 'error',
        content: (
          <>
            <BrowserSays text={problem.says} />
            <p>{texts.addressAdvice[problem.advice]}</p>
          </>
        ),
      }
    case 'send-connecting':
      return {
        title: texts.sendConnecting,
        type: 'warning',
        content: (
          <>
            <BrowserSays text={problem.says} />
            <p>{texts.sendConnectingAdvice}</p>
            <pre className="code">socket.onopen = () =&gt; socket.send(data)</pre>
            <Button size="small" onClick={() => session.sendWhenOpen(problem.data)}>
              {texts.sendWhenOpen}
            </Button>
          </>
        ),
      }
    case 'send-closed':
      return { title: texts.sendClosed, type: 'warning', content: <p>{texts.sendClosedAdvice}</p> }
    case 'send-nothing':
      return { title: texts.sendNothing, type: 'warning', content: <p>{texts.sendNothingAdvice}</p> }
    case 'close-arguments':
      return {
        title: texts.closeArguments,
        type: 'error',
        content: (
          <>
            <BrowserSays text={problem.says} />
            <p>{texts.closeArgumentsAdvice}</p>
          </>
        ),
      }
    case 'failure':
      return { title: failureTitle, type: 'error', content: <Failure problem={problem} /> }
  }
}

function BrowserSays({ text }: { text: string }): ReactNode {
  return (
    <>
      <p>{useTexts().console.problem.browserSays}</p>
      <pre className="code">{text}</pre>
    </>
  )
}

/** So many at once; the rest is a click away. */
const firstCauses = 3

function Failure({ problem }: { problem: Extract<ConsoleProblem, { kind: 'failure' }> }): ReactNode {
  const { failure } = useTexts().console
  const { causes, elapsedMs, url, protocols } = problem
  const more = causes.slice(firstCauses)
  return (
    <>
      <p>{failure.elapsed(elapsedMs)}</p>
      <p>{failure.intro}</p>
      <Command text={connectCommand(url, protocols)} />
      <FindOut key={url} url={url} protocols={protocols} />
      <p>{failure.likely}</p>
      <Causes causes={causes.slice(0, firstCauses)} start={1} />
      {more.length > 0 && (
        <details>
          <summary>{failure.more(more.length)}</summary>
          <Causes causes={more} start={firstCauses + 1} />
        </details>
      )}
    </>
  )
}

/** A line for a terminal, and a button that copies it. */
function Command({ text }: { text: string }): ReactNode {
  const { failure } = useTexts().console
  const copy = useCopy()
  return (
    <div className="command">
      <pre className="code" data-fact="command">
        {text}
      </pre>
      <Button
        size="small"
        icon={<CopyOutlined aria-hidden />}
        aria-label={failure.copyCommand}
        title={failure.copyCommand}
        onClick={() => copy(text)}
      />
    </div>
  )
}

function Causes({ causes, start }: { causes: readonly FailureCause[]; start: number }): ReactNode {
  const texts = useTexts().console.causes
  return (
    <ol className="causes" start={start}>
      {causes.map(cause => (
        <li key={cause} data-cause={cause}>
          <strong>{texts[cause].title}</strong>
          <p>
            {texts[cause].text} {cause === 'origin' && <code>{window.location.origin}</code>}
          </p>
        </li>
      ))}
    </ol>
  )
}
