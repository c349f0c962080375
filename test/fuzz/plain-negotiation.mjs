const tokenCharacters = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/** RFC 9110 §5.6.2 */
export function isTokenPlainly(text) {
  return text !== '' && [...text].every(character => tokenCharacters.includes(character))
}

/** The elements of a comma list that are not empty (RFC 9110 §5.6.1). */
export function elementsOf(value) {
  return [value ?? []]
    .flat()
    .join(',')
    .split(',')
    .map(element => element.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter(element => element !== '')
}

/**
 * `Sec-WebSocket-Extensions` by the grammar of RFC 6455 §9.1: the header is cut into words and separators first.
 *
 * @returns {[name: string, parameters: [string, string | true][]][] | undefined}
 */
export function extensionsPlainly(value) {
  if (value === undefined) return []
  const text = [value].flat().join(',')
  if (text.length > 8192) return undefined
  const words = text.match(/"(?:[^"\\]|\\.)*"|[!#$%&'*+.^_`|~0-9A-Za-z-]+|[ \t]+|./gs) ?? []
  const parts = words.filter(word => !/^[ \t]+$/.test(word))
  const list = splitAt(parts, ',').filter(extension => extension.length > 0)
  if (list.length === 0 || list.length > 64) return undefined
  const extensions = list.map(extension => {
    const [[name, ...more], ...parameters] = splitAt(extension, ';')
    const read = parameters.map(parameterPlainly)
    const isRight =
      more.length === 0 && name !== undefined && isTokenPlainly(name) && !read.includes(undefined)
    return isRight ? [name, read] : undefined
  })
  return extensions.includes(undefined) ? undefined : extensions
}

function parameterPlainly([name, equals, value, ...more]) {
  if (name === undefined || !isTokenPlainly(name) || more.length > 0) return undefined
  if (equals === undefined) return [name, true]
  if (equals !== '=' || value === undefined) return undefined
  const plain =
    value.length >= 2 && value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/gs, '$1') : value
  return isTokenPlainly(plain) ? [name, plain] : undefined
}

function splitAt(words, separator) {
  const lists = [[]]
  for (const word of words) {
    if (word === separator) lists.push([])
    else lists.at(-1).push(word)
  }
  return lists
}

const flags = ['server_no_context_takeover', 'client_no_context_takeover']
const windows = ['server_max_window_bits', 'client_max_window_bits']

/** The parameters of permessage-deflate by name; undefined when RFC 7692 §7.1 does not allow them. */
function deflateParameters(parameters, isOffer) {
  const names = parameters.map(([name]) => name)
  if (new Set(names).size < names.length) return undefined
  const isRight = parameters.every(([name, value]) => {
    if (flags.includes(name)) return value === true
    if (name === 'client_max_window_bits' && isOffer && value === true) return true
    return windows.includes(name) && ['8', '9', '10', '11', '12', '13', '14', '15'].includes(value)
  })
  return isRight ? Object.fromEntries(parameters) : undefined
}

/** The answer of a server with these options, and the agreement of both then. */
export function acceptPlainly(extensions, options) {
  for (const [name, parameters] of extensions) {
    const offer = name === 'permessage-deflate' ? deflateParameters(parameters, true) : undefined
    if (offer === undefined) continue
    if (options.clientMaxWindowBits < 15 && offer.client_max_window_bits === undefined) continue
    const [serverOffer, clientOffer] = windows.map(window => Number(offer[window] ?? 15))
    const agreement = {
      serverNoContextTakeover: flags[0] in offer || options.serverNoContextTakeover,
      clientNoContextTakeover: flags[1] in offer || options.clientNoContextTakeover,
      serverMaxWindowBits: Math.min(serverOffer, options.serverMaxWindowBits),
      // Without a value it is the largest.
      clientMaxWindowBits: Math.min(clientOffer === 1 ? 15 : clientOffer, options.clientMaxWindowBits),
    }
    const answer = [
      agreement.serverNoContextTakeover && [flags[0], true],
      agreement.clientNoContextTakeover && [flags[1], true],
      (windows[0] in offer || agreement.serverMaxWindowBits < 15) && [
        windows[0],
        `${agreement.serverMaxWindowBits}`,
      ],
      agreement.clientMaxWindowBits < 15 && [windows[1], `${agreement.clientMaxWindowBits}`],
    ]
    return { agreement, answer: answer.filter(Boolean) }
  }
  return undefined
}

/** The agreement of a client that made these offers; undefined when the answer fits none of them. */
export function agreePlainly(answerParameters, offers) {
  const answer = deflateParameters(answerParameters, false)
  if (answer === undefined) return undefined
  for (const [name, parameters] of offers) {
    const offer = name === 'permessage-deflate' ? deflateParameters(parameters, true) : undefined
    if (offer === undefined) continue
    const serverMaxWindowBits = Number(answer[windows[0]] ?? 15)
    if (flags[0] in offer && !(flags[0] in answer)) continue
    if (windows[0] in offer && serverMaxWindowBits > Number(offer[windows[0]])) continue
    if (windows[1] in answer && !(windows[1] in offer)) continue
    const offered = offer[windows[1]]
    return {
      serverNoContextTakeover: flags[0] in answer,
      clientNoContextTakeover: flags[1] in answer || flags[1] in offer,
      serverMaxWindowBits,
      clientMaxWindowBits: Math.min(
        offered === true ? 15 : Number(offered ?? 15),
        Number(answer[windows[1]] ?? 15),
      ),
    }
  }
  return undefined
}
