const protocol = path => `packages/protocol/src/${path}.ts`
const connection = path => `packages/bothways/src/connection/${path}.ts`
const opening = path => `packages/bothways/src/opening/${path}.ts`
const socketIo = path => `drop-ins/socket.io/src/${path}.ts`

const receiver = protocol('frames/receiver')
const frameHeader = protocol('frames/frame-header')
const scanner = protocol('text/utf8-scanner')
const validator = protocol('text/utf8-validator')
const masking = protocol('frames/masking')
const serializer = protocol('frames/frame-serializer')
const closeBody = protocol('frames/close-body')
const requestHead = protocol('handshake/request-head')
const clientHandshake = protocol('handshake/client-handshake')
const serverHandshake = protocol('handshake/server-handshake')
const extensions = protocol('handshake/extensions')
const token = protocol('handshake/token')
const deflateParameters = protocol('deflate/deflate-parameters')
const deflateOffer = protocol('deflate/deflate-offer')
const acceptOffer = protocol('deflate/accept-deflate-offer')
const deflate = connection('deflate')
const inflate = connection('receiving/inflate')
const shortInflation = connection('receiving/short-inflation')
const deflateWindow = connection('deflate-window')
const codecV3 = socketIo('engine/codec-v3')
const codecV4 = socketIo('engine/codec-v4')
const decoder = socketIo('parser/decoder')
const binary = socketIo('parser/binary')

/**
 * Bugs, one at a time: in `file` the text `from`, which stands there once, becomes `to`. Each is one that somebody could
 * write, and each must be found by a minute of `npm run fuzz`.
 *
 * @type {typeof import('./mutations.d.mts').mutations}
 */
export const mutations = [
  // Frames, RFC 6455 §5.
  {
    title: 'The sign bit of a 64-bit length is not looked at',
    file: frameHeader,
    from: 'if (high >= 2 ** 31) {',
    to: 'if (high > 2 ** 32) {',
  },
  {
    title: 'A 64-bit length is read as 32 bits',
    file: frameHeader,
    from: 'payloadBytes = high * 2 ** 32 + readUint32(bytes, at + 4)',
    to: 'payloadBytes = readUint32(bytes, at + 4)',
  },
  {
    title: 'A 16-bit length may be longer than needed',
    file: frameHeader,
    from: '    if (payloadBytes < 126) return lengthNotMinimal(payloadBytes)\n',
    to: '',
  },
  {
    title: 'A 64-bit length may be longer than needed',
    file: frameHeader,
    from: 'if (payloadBytes < 65_536) return',
    to: 'if (payloadBytes < 65_535) return',
  },
  {
    title: 'The fast way takes 16-bit lengths that are longer than needed',
    file: receiver,
    from: '      if (payloadBytes < 126) return start\n',
    to: '',
  },
  {
    title: 'A control frame of 126 bytes passes',
    file: frameHeader,
    from: '(second & 0x7f) > maxControlPayloadBytes',
    to: '(second & 0x7f) > maxControlPayloadBytes + 1',
  },
  {
    title: 'A fragmented control frame passes',
    file: frameHeader,
    from: 'if ((first & 0x80) === 0) {',
    to: 'if (first === 0) {',
  },
  {
    title: 'Unmasked frames of clients are accepted',
    file: frameHeader,
    from: 'if (((second & 0x80) !== 0) !== isServer) {',
    to: 'if ((second & 0x80) !== 0 && !isServer) {',
  },
  {
    title: 'Masked frames of servers are accepted',
    file: frameHeader,
    from: 'if (((second & 0x80) !== 0) !== isServer) {',
    to: 'if ((second & 0x80) === 0 && isServer) {',
  },
  {
    title: 'RSV2 and RSV3 are not looked at',
    file: frameHeader,
    from: 'first & 0x70 & ~allowed',
    to: 'first & 0x40 & ~allowed',
  },
  {
    title: 'RSV1 passes without an extension',
    file: frameHeader,
    from: 'isDeflateNegotiated && (opcode === Opcode.Text',
    to: '(opcode === Opcode.Text',
  },
  {
    title: 'RSV1 passes on continuations',
    file: frameHeader,
    from: '(opcode === Opcode.Text || opcode === Opcode.Binary) ? 0x40 : 0',
    to: 'opcode <= Opcode.Binary ? 0x40 : 0',
  },
  {
    title: 'The reserved opcode 0xB passes',
    file: frameHeader,
    from: 'opcode > 0xa',
    to: 'opcode > 0xb',
  },
  {
    title: 'A continuation of nothing passes',
    file: frameHeader,
    from: 'if (opcode === Opcode.Continuation && !isInMessage) {',
    to: 'if (opcode === Opcode.Continuation && isInMessage && isServer) {',
  },
  {
    title: 'A new message may begin amid another',
    file: frameHeader,
    from: 'if (opcode !== Opcode.Continuation && isInMessage) {',
    to: 'if (opcode !== Opcode.Continuation && isInMessage && !isServer) {',
  },
  {
    title: 'One frame too many is accepted',
    file: frameHeader,
    from: 'if (frame.fragmentCount > maxFragmentCount)',
    to: 'if (frame.fragmentCount > maxFragmentCount + 1)',
  },
  {
    title: 'Frames are counted on from message to message',
    file: frameHeader,
    from: '    frame.fragmentCount = 0\n',
    to: '',
  },
  {
    title: 'A message of one byte more than the limit passes',
    file: frameHeader,
    from: 'total > longestMessage(frame, rules) ?',
    to: 'total > longestMessage(frame, rules) + 1 ?',
  },
  {
    title: 'Only single frames are measured against the limit of a message',
    file: frameHeader,
    from: 'const total = frame.messageLength + frame.payloadBytes',
    to: 'const total = frame.payloadBytes',
  },
  {
    title: 'The fast way takes messages over the limit',
    file: receiver,
    from: 'end > chunkEnd || payloadBytes > rules.maxMessageBytes ||',
    to: 'end > chunkEnd ||',
  },
  {
    title: 'The fast way takes a frame that is not all there',
    file: receiver,
    from: 'if (end > chunkEnd || ',
    to: 'if (end > chunkEnd + 1 || ',
  },
  {
    title: 'Unmasking begins anew with each chunk',
    file: receiver,
    from: 'applyMask(piece, frame.maskingKey, frame.payloadCame)',
    to: 'applyMask(piece, frame.maskingKey)',
  },
  {
    title: 'Unmasking in borrowed memory is off by one behind a cut',
    file: receiver,
    from: 'memory.mask(start, end, frame.maskingKey, frame.payloadCame)',
    to: 'memory.mask(start, end, frame.maskingKey, frame.payloadCame && frame.payloadCame + 1)',
  },
  {
    title: 'What is left of a chunk is lost by a pause',
    file: receiver,
    from: 'this.#waiting.unshift(rest)',
    to: '',
  },
  {
    title: 'What is left of a chunk comes behind later chunks after a pause',
    file: receiver,
    from: 'this.#waiting.unshift(rest)',
    to: 'this.#waiting.push(rest)',
  },
  {
    title: 'What is left of borrowed memory is not copied at a pause',
    file: receiver,
    from: 'memory === undefined ? bytes.subarray(at, end) : copyBytes(bytes, at, end)',
    to: 'bytes.subarray(at, end)',
  },
  {
    title: 'A chunk that comes while paused is read',
    file: receiver,
    from: '    if (this.#isPaused || this.#isReading) {\n      this.#wait(chunk)',
    to: '    if (this.#isReading) {\n      this.#wait(chunk)',
  },
  {
    title: 'A ping is not copied out of what was read',
    file: receiver,
    from: 'frame.control?.take() ?? copyBytes(piece, 0, piece.length)',
    to: 'frame.control?.take() ?? piece',
  },
  {
    title: 'What is read goes on after a violation',
    file: receiver,
    from: '    this.stop()\n    this.#handler.onViolation(error)',
    to: '    this.#handler.onViolation(error)',
  },
  // Text, RFC 3629.
  {
    title: 'A fragmented text may end amid a character',
    file: receiver,
    from: '!frame.utf8.push(piece) || (isMessageWhole && !frame.utf8.isComplete)',
    to: '!frame.utf8.push(piece)',
  },
  {
    title: 'The text of an unfragmented message is not checked',
    file: receiver,
    from: 'if (isText && !isAscii && rules.checksUtf8 && !isUtf8(',
    to: 'if (isText && !isAscii && this.#isDone && !isUtf8(',
  },
  { title: 'Surrogates are text', file: scanner, from: 'this.#highest = 0x9f', to: 'this.#highest = 0xbf' },
  {
    title: 'Overlong forms of three bytes are text',
    file: scanner,
    from: 'this.#lowest = 0xa0',
    to: 'this.#lowest = 0x80',
  },
  {
    title: 'Overlong forms of four bytes are text',
    file: scanner,
    from: 'this.#lowest = 0x90',
    to: 'this.#lowest = 0x80',
  },
  {
    title: 'Code points above U+10FFFF are text',
    file: scanner,
    from: 'this.#highest = 0x8f',
    to: 'this.#highest = 0xbf',
  },
  { title: 'C0 and C1 may begin a character', file: scanner, from: 'byte < 0xc2', to: 'byte < 0xc0' },
  {
    title: 'The last character of a long piece is not looked at',
    file: validator,
    from: ' && this.#scanner.scan(bytes, bulkEnd, end)',
    to: '',
  },
  // Masking and writing.
  {
    title: 'Words are masked with a key that is not turned to where they begin',
    file: masking,
    from: 'const wordKey = rotateLeft(rotated, headLength * 8)',
    to: 'const wordKey = rotated',
  },
  {
    title: 'The last byte that fills no word is not masked',
    file: masking,
    from: '  if (at < end) bytes[at]! ^= k2\n',
    to: '',
  },
  {
    title: 'A copy is masked without its phase',
    file: protocol('frames/masked-copy'),
    from: '((phase + index) & 3)',
    to: '(index & 3)',
  },
  {
    title: 'A long copy is masked without its phase',
    file: protocol('frames/masked-copy'),
    from: 'key, phase + start)',
    to: 'key, start)',
  },
  {
    title: 'A payload of 126 bytes gets a 7-bit length',
    file: serializer,
    from: '  if (payloadBytes < 126) {\n',
    to: '  if (payloadBytes <= 126) {\n',
  },
  {
    title: 'A payload of 65,536 bytes gets a 16-bit length',
    file: serializer,
    from: '  } else if (payloadBytes < 65_536) {',
    to: '  } else if (payloadBytes <= 65_536) {',
  },
  {
    title: 'The higher half of a 64-bit length is not written',
    file: serializer,
    from: 'Math.floor(payloadBytes / 2 ** 32)',
    to: '0',
  },
  {
    title: 'A message in pieces loses what no longer fits into a chunk of its memory',
    file: protocol('frames/payload-buffer'),
    from: 'const rest = room > 0 ? piece.subarray(room) : piece',
    to: 'const rest = room > 0 ? piece.subarray(room + 1) : piece',
  },
  // Closing, RFC 6455 §7.
  {
    title: 'Close code 1006 may be received',
    file: protocol('frames/close-code'),
    from: ' && code !== 1006',
    to: '',
  },
  {
    title: 'Close code 1015 may be received',
    file: protocol('frames/close-code'),
    from: 'code <= 1014',
    to: 'code <= 1015',
  },
  {
    title: 'Close code 5000 may be received',
    file: protocol('frames/close-code'),
    from: 'code <= 4999',
    to: 'code <= 5000',
  },
  {
    title: 'A close body of one byte passes',
    file: frameHeader,
    from: 'opcode === Opcode.Close && (second & 0x7f) === 1',
    to: 'opcode === Opcode.Close && (second & 0x7f) === 2',
  },
  {
    title: 'The reason of a close frame is not checked',
    file: closeBody,
    from: 'checksUtf8 && !isUtf8(reason)',
    to: 'false',
  },
  // The opening handshake, RFC 6455 §4.
  {
    title: 'The client does not check the accept key',
    file: clientHandshake,
    from: 'if (got === expected) return undefined',
    to: 'if (got !== undefined) return undefined',
  },
  {
    title: 'The client does not check the status',
    file: clientHandshake,
    from: 'if (answer.status === 101) return undefined',
    to: 'if (answer.status < 300) return undefined',
  },
  {
    title: 'The client accepts a subprotocol that it did not offer',
    file: clientHandshake,
    from: 'if (offered.includes(subprotocol)) return undefined',
    to: 'if (offered.length > 0) return undefined',
  },
  {
    title: 'The client accepts that no subprotocol is chosen',
    file: clientHandshake,
    from: 'if (offered.length === 0) return undefined',
    to: 'return undefined',
  },
  {
    title: 'The client accepts an extension that it did not offer',
    file: clientHandshake,
    from: '  if (unknown !== undefined) {',
    to: '  if (unknown === null) {',
  },
  {
    title: 'The client accepts an extension twice',
    file: clientHandshake,
    from: '  if (twice !== undefined) {',
    to: '  if (twice === null) {',
  },
  {
    title: 'The server accepts every version',
    file: serverHandshake,
    from: "if (version === '13') return undefined",
    to: 'if (version !== undefined) return undefined',
  },
  {
    title: 'The server accepts HTTP/1.0',
    file: serverHandshake,
    from: '/^(?:1\\.[1-9]|[2-9]\\.\\d)$/',
    to: '/^(?:1\\.[0-9]|[2-9]\\.\\d)$/',
  },
  {
    title: 'The server accepts a request without Connection: Upgrade',
    file: serverHandshake,
    from: "if (!listHasToken(connection, 'upgrade')) {",
    to: 'if (connection === undefined) {',
  },
  {
    title: 'The server accepts a subprotocol twice',
    file: serverHandshake,
    from: ' || findDuplicate(subprotocols) !== undefined',
    to: '',
  },
  {
    title: 'The padding of a key is not needed',
    file: protocol('handshake/accept-key'),
    from: '{22}==$/',
    to: '{22}={0,2}$/',
  },
  {
    title: 'A key may be too long',
    file: protocol('handshake/accept-key'),
    from: '/^[A-Za-z0-9+/]{22}',
    to: '/^[A-Za-z0-9+/]{22,}',
  },
  {
    title: 'Base64 is not padded',
    file: protocol('handshake/base64'),
    from: "(group >>> 6) & 0x3f) : '='",
    to: "(group >>> 6) & 0x3f) : ''",
  },
  {
    title: 'The names of subprotocols are compared without their case',
    file: token,
    from: '  return isToken(text) && text.toLowerCase() === token',
    to: '  return text.toLowerCase() === token.toLowerCase().slice(0, 7)',
  },
  {
    title: 'An element of a list need only begin with the token',
    file: token,
    from: 'text.toLowerCase() === token',
    to: 'text.toLowerCase().startsWith(token)',
  },
  // The head reader of the fast path, RFC 9112.
  {
    title: 'The fast path takes a header that stands twice',
    file: requestHead,
    from: 'if (key in headers || bodyNames',
    to: 'if (bodyNames',
  },
  {
    title: 'The fast path takes a request with a body',
    file: requestHead,
    from: "['content-length', 'transfer-encoding', 'expect']",
    to: "['content-length', 'expect']",
  },
  {
    title: 'The fast path takes a name with a space behind it',
    file: requestHead,
    from: '\\w-]+:[',
    to: '\\w-]+ ?:[',
  },
  {
    title: 'The fast path takes every version of HTTP',
    file: requestHead,
    from: 'HTTP\\/1\\.1$/',
    to: 'HTTP\\/1\\.\\d$/',
  },
  {
    title: 'The fast path takes bytes above 0x7E in a target',
    file: requestHead,
    from: '[\\x21-\\x7e]*',
    to: '[\\x21-\\xff]*',
  },
  {
    title: 'The fast path takes control characters in a value',
    file: requestHead,
    from: '[\\t\\x20-\\x7e]*',
    to: '[\\t\\r\\x20-\\x7e]*',
  },
  {
    title: 'The fast path cuts a head short by a byte',
    file: requestHead,
    from: 'byteLength: textEnd + headEnd.length,',
    to: 'byteLength: textEnd + headEnd.length - 1,',
  },
  {
    title: 'The fast path reads behind what has come',
    file: requestHead,
    from: 'decodeAscii(bytes, 0, Math.min(end, longestHeadBytes))',
    to: 'decodeAscii(bytes, 0, Math.min(bytes.length, longestHeadBytes))',
  },
  // permessage-deflate, RFC 7692.
  {
    title: 'The number of extensions is not bounded',
    file: extensions,
    from: ' || extensions.length === maxExtensionCount',
    to: '',
  },
  {
    title: 'The value of a parameter need not be a token',
    file: extensions,
    from: 'value !== undefined && isToken(value)',
    to: 'value !== undefined',
  },
  {
    title: 'Escapes stay in what was quoted',
    file: extensions,
    from: ".slice(1, -1).replace(escapes, '$1')",
    to: '.slice(1, -1)',
  },
  { title: 'A window of 16 bits is accepted', file: deflateParameters, from: '1[0-5])$/', to: '1[0-6])$/' },
  {
    title: 'A window of 7 bits is accepted',
    file: deflateParameters,
    from: '/^(?:[89]|',
    to: '/^(?:[789]|',
  },
  {
    title: 'A parameter may stand twice',
    file: deflateParameters,
    from: '    if (seen.has(name)) return',
    to: '    if (seen.size > 9) return',
  },
  {
    title: 'Unknown parameters are ignored',
    file: deflateParameters,
    from: '      default:\n        return',
    to: '      default:\n        if (seen.size > 9) return',
  },
  {
    title: 'A parameter without a value may have one',
    file: deflateParameters,
    from: "case 'client_no_context_takeover':\n        if (value !== true) return",
    to: "case 'client_no_context_takeover':\n        if (value === '') return",
  },
  {
    title: 'A client window without a value passes in an answer',
    file: deflateParameters,
    from: "value === true && origin === 'offer' ? true",
    to: 'value === true ? true',
  },
  {
    title: 'The client does not insist on server_no_context_takeover',
    file: deflateOffer,
    from: 'if (offer.serverNoContextTakeover && !answer.serverNoContextTakeover) {',
    to: 'if (offer.serverNoContextTakeover && answer.serverMaxWindowBits === 0) {',
  },
  {
    title: 'The client accepts a larger server window than it offered',
    file: deflateOffer,
    from: 'serverMaxWindowBits > offer.serverMaxWindowBits',
    to: 'serverMaxWindowBits > maxWindowBits',
  },
  {
    title: 'What the client says of itself does not hold unless it is repeated',
    file: deflateOffer,
    from: 'offer.clientNoContextTakeover || answer.clientNoContextTakeover',
    to: 'answer.clientNoContextTakeover',
  },
  {
    title: 'The server limits the window of a client that cannot',
    file: acceptOffer,
    from: 'return offer.clientMaxWindowBits !== undefined || options',
    to: 'return offer !== undefined || options',
  },
  {
    title: 'The server takes its own window, whatever the client asks for',
    file: acceptOffer,
    from: 'Math.min(offer.serverMaxWindowBits ?? maxWindowBits, options.serverMaxWindowBits)',
    to: 'options.serverMaxWindowBits',
  },
  {
    title: 'Inflating has no limit',
    file: inflate,
    from: 'this.#maxMessageBytes = maxMessageBytes',
    to: 'this.#maxMessageBytes = Number.POSITIVE_INFINITY',
  },
  {
    title: 'A limit of no bytes lets a message of one inflate',
    file: inflate,
    from: '    if (message.length > this.#maxMessageBytes) return messageTooBig(message.length, this.#maxMessageBytes)\n',
    to: '',
  },
  {
    title: 'A compressed message of the largest size is refused',
    file: shortInflation,
    from: 'const roomBytes = Math.max(1, maxBytes) + 1',
    to: 'const roomBytes = Math.max(1, maxBytes)',
  },
  {
    title: 'A context is kept that was agreed to be dropped',
    file: deflateWindow,
    from: 'if (this.#isForMessage && isFinal) {',
    to: 'if (this.#isForMessage && part.length < 0) {',
  },
  {
    title: 'Only the latest message is remembered',
    file: deflateWindow,
    from: 'this.#bytes = Buffer.concat([kept, added])',
    to: 'this.#bytes = Buffer.from(added)',
  },
  {
    title: 'Messages are compressed with the largest window',
    file: deflate,
    from: '      windowBits: direction.windowBits,\n      level',
    to: '      windowBits: 15,\n      level',
  },
  {
    title: 'The tail of a compressed message is sent',
    file: deflate,
    from: 'const tailBytes = isFinal ? flushTail.length : 0',
    to: 'const tailBytes = isFinal ? 0 : 0',
  },
  {
    title: 'Data that stop amid a block are accepted',
    file: shortInflation,
    from: 'constants.Z_FINISH',
    to: 'constants.Z_SYNC_FLUSH',
  },
  {
    title: 'Each side takes its own direction for the other',
    file: protocol('deflate/deflate-agreement'),
    from: "role === 'server' ? [server, client] : [client, server]",
    to: "role === 'client' ? [server, client] : [client, server]",
  },
  {
    title: 'zlib is asked for a window of 8 bits',
    file: protocol('deflate/deflate-agreement'),
    from: 'outgoing.windowBits < minCompressionWindowBits ? undefined : outgoing',
    to: 'outgoing',
  },
  {
    title: 'Inflated text is not checked',
    file: connection('receiving/receiving'),
    from: 'isText && this.compat.receiver?.checksUtf8 !== false && !isUtf8(',
    to: 'isText && this.isDiscarding && !isUtf8(',
  },
  {
    title: 'Pings are not answered',
    file: connection('receiving/receiving'),
    from: 'if (this.compat.answersPings !== false) this.answerPing(payload)',
    to: '',
  },
  // The origins that may connect, RFC 6455 §10.2.
  {
    title: 'Only the beginning of a host is compared with the origin',
    file: opening('origin'),
    from: 'server.host === page.host',
    to: 'page.host.startsWith(server.host)',
  },
  {
    title: 'The port of an origin is not compared',
    file: opening('origin'),
    from: 'server.host === page.host',
    to: 'server.hostname === page.hostname',
  },
  {
    title: 'Every origin may connect where one is listed',
    file: opening('origin'),
    from: 'origins.includes(origin)',
    to: 'origins.length > 0',
  },
  {
    title: 'A missing origin always passes',
    file: opening('origin'),
    from: "if (missingOrigin === 'accept') return undefined",
    to: 'return undefined',
  },
  // Engine.IO and Socket.IO.
  {
    title: 'Engine.IO 3: lengths in a text payload are written in bytes',
    file: codecV3,
    from: '{packet.length}:',
    to: '{Buffer.byteLength(packet)}:',
  },
  {
    title: 'Engine.IO 3: a packet may be shorter than its length',
    file: codecV3,
    from: 'code !== codeColon || end > payload.length',
    to: 'code !== codeColon',
  },
  {
    title: 'Engine.IO 3: a length may have any number of digits',
    file: codecV3,
    from: 'code <= code9 && at - digitsStart < maxLengthDigits',
    to: 'code <= code9',
  },
  {
    title: 'Engine.IO 3: what follows an error packet is looked at',
    file: codecV3,
    from: '      if (packet === errorPacket) return\n    }',
    to: '    }',
  },
  {
    title: 'Engine.IO 3: text in a binary payload need not be UTF-8',
    file: codecV3,
    from: 'return isUtf8(bytes) ? decodePacketV3(bytes.toString()) : errorPacket',
    to: 'return decodePacketV3(bytes.toString())',
  },
  {
    title: 'Engine.IO 3: the type of a binary packet is left out',
    file: codecV3,
    from: 'encoded[0] = packetTypes.indexOf(type as PacketType)',
    to: 'encoded[0] = 0',
  },
  {
    title: 'Engine.IO 4: base64 is read as text',
    file: codecV4,
    from: 'if (code === codeB) return',
    to: 'if (code === 0) return',
  },
  {
    title: 'Engine.IO 4: a type that there is not is a message',
    file: codecV4,
    from: 'if (type === undefined) return errorPacket',
    to: "if (type === undefined) return { type: 'message', data: message }",
  },
  {
    title: 'Engine.IO 4: the last packet of a payload is lost',
    file: codecV4,
    from: 'while (start <= payload.length) {',
    to: 'while (start < payload.length) {',
  },
  {
    title: 'Socket.IO: the number of attachments is not bounded',
    file: decoder,
    from: "      if (count > this.#maxAttachments) throw new Error('too many attachments')\n",
    to: '',
  },
  {
    title: 'Socket.IO: a packet with attachments may announce none',
    file: decoder,
    from: ' || count < 1) throw',
    to: ') throw',
  },
  {
    title: 'Socket.IO: one attachment too few is waited for',
    file: decoder,
    from: 'if (attachments.push(bytes) < count) return',
    to: 'if (attachments.push(bytes) + 1 < count) return',
  },
  {
    title: 'Socket.IO: text amid attachments is taken',
    file: decoder,
    from: "if (this.#unfinished !== undefined) throw new Error('got plaintext data when reconstructing a packet')\n",
    to: '\n',
  },
  {
    title: 'Socket.IO: a placeholder may name an attachment that there is not',
    file: binary,
    from: 'if (!Number.isInteger(num) || num < 0 || num >= attachments.length)',
    to: 'if (!Number.isInteger(num) || num < 0)',
  },
  {
    title: 'Socket.IO: clients may send events with reserved names',
    file: socketIo('parser/packet'),
    from: 'Array.isArray(data) && isEventName(data[0])',
    to: 'Array.isArray(data)',
  },
  {
    title: 'Socket.IO: the id of an acknowledgement may be too long for a number',
    file: decoder,
    from: "      if (afterId - at > longestNumber) throw new Error('invalid acknowledgement id')\n",
    to: '',
  },
]
