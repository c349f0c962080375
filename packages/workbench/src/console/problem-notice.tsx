import { Alert, Button } from 'antd'
import type { ReactNode } from 'react'
import { useTexts } from '../app/app-context.ts'
import type { ConsoleProblem, ConsoleSession } from './console-session.ts'

/** What went wrong, in the browser's words and in ours, and what to do. */
export function ProblemNotice({ session }: { session: ConsoleSession }): ReactNode {
  const texts = useTexts().console.problem
  const { problem, waitingCount } = session
  if (problem === undefined) {
    return waitingCount === 0 ? null : <Alert type="info" showIcon title={texts.willSend} />
  }
  const { title, type, content } = describe(problem, session, texts)
  return (
    <Alert
      className="problem"
      data-problem={problem.kind}
      type={type}
      showIcon
      title={title}
      description={content}
      closable={{ onClose: () => session.dismissProblem() }}
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
  texts: ReturnType<typeof useTexts>['console']['problem'],
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
      return { title: '', type: 'error', content: <Failure problem={problem} /> }
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

function Failure({ problem }: { problem: Extract<ConsoleProblem, { kind: 'failure' }> }): ReactNode {
  const { failure, causes } = useTexts().console
  return (
    <>
      <h3 className="problem-title">{failure.title}</h3>
      <p>
        {failure.elapsed(problem.elapsedMs)} {failure.intro}
      </p>
      <ol className="causes">
        {problem.causes.map(cause => (
          <li key={cause} data-cause={cause}>
            <strong>{causes[cause].title}</strong>
            <p>
              {causes[cause].text} {cause === 'origin' && <code>{window.location.origin}</code>}
            </p>
          </li>
        ))}
      </ol>
    </>
  )
}
