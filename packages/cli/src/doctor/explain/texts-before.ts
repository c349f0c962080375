import type { KnownText } from './known-text.ts'

/** Texts about failures before a server has answered: of the page's own code, the network, TLS. */
export const textsBefore: readonly KnownText[] = [
  // The page's own code.
  {
    pattern:
      /Still in CONNECTING state|readyState 0 \(CONNECTING\)|仍处于 ?(CONNECTING|连接)|正在连接.*send|send.*正在连接|object is in an invalid state.*send|send.*InvalidStateError|object that is not, or is no longer, usable|(还没|没有|尚未|未).{0,6}(连接|打开|建立)(成功)?.{0,6}(就|便|时).{0,4}(发送|send)/i,
    codes: ['BW_DOCTOR_SEND_BEFORE_OPEN'],
  },
  {
    pattern:
      /WebSocket is not (defined|a constructor)|WebSocket (未定义|不是构造函数)|is not a constructor.*WebSocket/i,
    codes: ['BW_DOCTOR_NO_WEBSOCKET_HERE'],
  },
  {
    pattern: /already in CLOSING or CLOSED state|readyState [23] \(CLOS/i,
    codes: ['BW_DOCTOR_SEND_AFTER_CLOSE'],
  },
  {
    pattern:
      /closed before the connection (is|was) established|在?连接建立(之)?前.*关闭|interrupted while the page was loading|加载页面时与.*的连接中断/i,
    codes: ['BW_DOCTOR_CLOSE_BEFORE_OPEN'],
  },
  {
    pattern:
      /must be either 1000, or between 3000 and 4999|must not be greater than 123|must not be longer than 123|First argument must be a valid error code/i,
    codes: ['BW_DOCTOR_CLOSE_ARGUMENT'],
  },
  {
    pattern:
      /insecure WebSocket connection may not be initiated|mixed content|混合内容|https ?(页面|网页|站点|网站).{0,12}ws(?!s)|The operation is insecure|break through the security policy|\bws\b.{0,20}https.{0,12}(阻止|禁止|不允许)/i,
    codes: ['BW_DOCTOR_MIXED_CONTENT'],
  },
  {
    pattern: /connect-src|Content[- ]Security[- ]Policy|内容安全策略/i,
    codes: ['BW_DOCTOR_CONTENT_SECURITY_POLICY'],
  },
  {
    pattern:
      /CLEARTEXT communication|App Transport Security|requires the use of a secure connection|usesCleartextTraffic/i,
    codes: ['BW_DOCTOR_CLEARTEXT_FORBIDDEN'],
  },
  { pattern: /fragment identifier|contains a fragment|片段标识符/i, codes: ['BW_DOCTOR_URL_FRAGMENT'] },
  {
    pattern:
      /scheme must be|wrong url scheme|URL's protocol must be|(协议|方案)必须是|not allowed.*ws|Expected a ws: or wss:/i,
    codes: ['BW_DOCTOR_URL_SCHEME_UNSUPPORTED'],
  },
  {
    pattern:
      /subprotocol.*(is invalid|is duplicated)|An invalid or duplicated subprotocol|Wrong protocol for WebSocket/i,
    codes: ['BW_DOCTOR_SUBPROTOCOL_INVALID'],
  },
  {
    pattern:
      /Invalid URL|\bURL\b.*is invalid|An invalid or illegal string|construct 'WebSocket': 1 argument required/i,
    codes: ['BW_DOCTOR_URL_INVALID', 'BW_DOCTOR_URL_SCHEME_MISSING'],
  },

  // Network and TLS.
  {
    pattern: /(cloudflare.{0,80}\b5(2[0-6]|30)\b|\b5(2[0-6]|30)\b.{0,80}cloudflare)/is,
    codes: ['BW_DOCTOR_CLOUDFLARE_ORIGIN'],
  },
  {
    pattern: /ERR_UNSAFE_PORT|port .*(is )?(not allowed|blocked)|不安全的端口/i,
    codes: ['BW_DOCTOR_URL_PORT_BLOCKED'],
  },
  {
    pattern: /EAI_AGAIN|DNS_PROBE|Temporary failure in name resolution/i,
    codes: ['BW_DOCTOR_NAME_SERVER_SILENT'],
  },
  {
    pattern:
      /host not found in upstream|no resolver defined to resolve|\(\d+: [^)]*\) while reading response header from upstream|connect\(\) failed .* while connecting to upstream|no live upstreams|upstream sent (invalid|too big|no valid)|Error reading from remote server|while SSL handshaking to upstream|upstream connect error|no healthy upstream/i,
    codes: ['BW_DOCTOR_BAD_GATEWAY'],
  },
  {
    pattern:
      /ERR_NAME_NOT_RESOLVED|ENOTFOUND|getaddrinfo|No such host is known|no such host|不知道这样的主机|Name or service not known|nodename nor servname|could not be resolved|找不到.*(服务器|主机)|无法解析|(域名|DNS) ?解析(失败|错误)/i,
    codes: ['BW_DOCTOR_NAME_NOT_FOUND'],
  },
  {
    pattern:
      /ERR_CONNECTION_REFUSED|ECONNREFUSED|Connection refused|拒绝(了)?连接|拒绝了我们的连接|连接被拒绝|拒绝访问连接|积极拒绝|actively refused|Could not connect to the server|Connect call failed|Couldn't connect to server|Unable to connect to the remote server|无法连接到(远程)?(服务器|主机)|WEBSOCKET_CONNECTION_REFUSED/i,
    codes: ['BW_DOCTOR_PORT_CLOSED'],
  },
  {
    pattern:
      /EHOSTUNREACH|ENETUNREACH|ERR_ADDRESS_UNREACHABLE|ERR_INTERNET_DISCONNECTED|ERR_ADDRESS_INVALID|ERR_NETWORK_ACCESS_DENIED|No route to host|Network is unreachable|网络不可达|connect EACCES|EADDRNOTAVAIL|防火墙/i,
    codes: ['BW_DOCTOR_UNREACHABLE'],
  },
  {
    pattern:
      /ERR_CONNECTION_TIMED_OUT|ETIMEDOUT|ERR_TIMED_OUT|UND_ERR_CONNECT_TIMEOUT|SocketTimeoutException|NS_ERROR_NET_TIMEOUT|NS_ERROR_NET_INTERRUPT|(?<!\d: )Connection timed out|连接超时|响应时间过长|(?<!心跳|握手|ping)连接超时/i,
    codes: ['BW_DOCTOR_NO_ANSWER'],
  },
  {
    pattern:
      /ERR_TUNNEL_CONNECTION_FAILED|ERR_PROXY_CONNECTION_FAILED|Establishing a tunnel via proxy|tunneling socket could not be established|代理服务器.*(失败|错误|拒绝)/i,
    codes: ['BW_DOCTOR_PROXY_TUNNEL'],
  },
  {
    pattern: /DEPTH_ZERO_SELF_SIGNED_CERT|self[- ]signed certificate(?! in)|SELF_SIGNED_CERT(?!_IN)|自签名/i,
    codes: ['BW_DOCTOR_CERTIFICATE_SELF_SIGNED'],
  },
  {
    pattern:
      /SELF_SIGNED_CERT_IN_CHAIN|self[- ]signed certificate in|UNABLE_TO_GET_ISSUER_CERT|unable to get (local )?issuer|SEC_ERROR_UNKNOWN_ISSUER/i,
    codes: ['BW_DOCTOR_CERTIFICATE_UNKNOWN_ISSUER'],
  },
  {
    pattern: /UNABLE_TO_VERIFY_LEAF_SIGNATURE|unable to verify the first certificate/i,
    codes: ['BW_DOCTOR_CERTIFICATE_CHAIN_INCOMPLETE'],
  },
  {
    pattern:
      /ERR_TLS_CERT_ALTNAME_INVALID|ERR_CERT_COMMON_NAME_INVALID|does not match certificate's altnames|SSL_ERROR_BAD_CERT_DOMAIN|certificate is (valid|only valid) for .{0,200}not|SSLPeerUnverifiedException|证书.*(来自|属于)(其他|另一)|证书.*不(匹配|符|一致)/i,
    codes: ['BW_DOCTOR_CERTIFICATE_NAME'],
  },
  {
    pattern:
      /CERT_HAS_EXPIRED|certificate has expired|ERR_CERT_DATE_INVALID|SEC_ERROR_EXPIRED_CERTIFICATE|SSL certificate has expired|证书.*(过期|到期)/i,
    codes: ['BW_DOCTOR_CERTIFICATE_EXPIRED', 'BW_DOCTOR_CERTIFICATE_NOT_YET_VALID'],
  },
  {
    pattern:
      /ERR_CERT_REVOKED|certificate (has been |is |was )?revoked|SEC_ERROR_REVOKED_CERTIFICATE|SEC_ERROR_OCSP|ERR_CERT_(INVALID|WEAK|TRANSPARENCY|CONTAINS|NO_REVOCATION|UNABLE|SYMANTEC)\w*|证书.*吊销/i,
    codes: ['BW_DOCTOR_CERTIFICATE_REFUSED'],
  },
  {
    pattern: /CERT_NOT_YET_VALID|certificate is not yet valid/i,
    codes: ['BW_DOCTOR_CERTIFICATE_NOT_YET_VALID'],
  },
  {
    pattern:
      /ERR_CERT_AUTHORITY_INVALID|CERTIFICATE_VERIFY_FAILED|OSStatus error -98\d\d|certificate (verify failed|is not trusted|signed by unknown authority|for this server is invalid)|PKIX path building failed|CertPathValidatorException|证书(无效|不受信任|验证失败|错误)|不是私密连接|不受信任的证书/i,
    codes: [
      'BW_DOCTOR_CERTIFICATE_SELF_SIGNED',
      'BW_DOCTOR_CERTIFICATE_UNKNOWN_ISSUER',
      'BW_DOCTOR_CERTIFICATE_CHAIN_INCOMPLETE',
    ],
  },
  {
    pattern: /ERR_BAD_SSL_CLIENT_AUTH_CERT|certificate required|No required SSL certificate/i,
    codes: ['BW_DOCTOR_CLIENT_CERTIFICATE_WANTED'],
  },
  {
    pattern:
      /plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server|speaking plain HTTP to an SSL/i,
    codes: ['BW_DOCTOR_WS_TO_TLS_PORT'],
  },
  {
    pattern:
      /wrong version number|packet length too long|ERR_SSL_WRONG_VERSION_NUMBER|SSL_ERROR_RX_RECORD_TOO_LONG|WRONG_VERSION_NUMBER|first record does not look like a TLS handshake|EPROTO(?!.*(alert|handshake failure))/i,
    codes: ['BW_DOCTOR_WSS_TO_PLAIN_PORT'],
  },
  {
    pattern:
      /ERR_SSL_VERSION_OR_CIPHER_MISMATCH|unsupported protocol(?! version)|SSL_ERROR_UNSUPPORTED_VERSION|handshake failure|alert protocol version|no protocols available|TLS ?版本/i,
    codes: ['BW_DOCTOR_TLS_VERSION'],
  },
  {
    pattern:
      /UNRECOGNIZED_NAME|unrecognized name|alert internal error|TLS handshake failed|SSL handshake failed|SSLHandshakeException|disconnected before secure TLS|(TLS|SSL) ?(握手|连接)失败|无法建立 ?(SSL|TLS|安全连接)/i,
    codes: ['BW_DOCTOR_TLS_FAILED'],
  },
  {
    pattern: /ERR_SSL_PROTOCOL_ERROR|此网站无法提供安全连接/i,
    codes: ['BW_DOCTOR_WSS_TO_PLAIN_PORT', 'BW_DOCTOR_HTTP2_ONLY', 'BW_DOCTOR_TLS_FAILED'],
    question: {
      en: 'Does http:// on the same port answer? Then the port is plain.',
      zh: '同一端口用 http:// 能访问吗？能，则端口是明文。',
    },
  },
  {
    pattern:
      /ERR_RESPONSE_HEADERS_TRUNCATED|ERR_INCOMPLETE_CHUNKED|Missing expected (CR|LF)|HPE_(CR|LF)_EXPECTED/i,
    codes: ['BW_DOCTOR_HTTP_INCOMPLETE'],
  },
  {
    pattern:
      /ERR_INVALID_HTTP_RESPONSE|Expected HTTP\/|HPE_INVALID_(CONSTANT|VERSION|STATUS)|did not receive a valid HTTP response|malformed HTTP (response|version|status)|BadStatusLine/i,
    codes: ['BW_DOCTOR_NOT_HTTP'],
  },
  {
    pattern: /ERR_HTTP2_|http2: invalid Upgrade|ERR_SPDY_|HTTP2?\/2.{0,40}(error|错误)|PROTOCOL_ERROR.*h2/i,
    codes: ['BW_DOCTOR_HTTP2_WEBSOCKET_BROKEN', 'BW_DOCTOR_HTTP2_ONLY'],
    question: {
      en: 'Does it work in another browser, or with http2 off? Then the proxy promises WebSocket over HTTP/2 and its backend does not do it.',
      zh: '换一个浏览器，或关闭 http2 后正常吗？正常，则代理宣称支持 HTTP/2 上的 WebSocket，而后端不支持。',
    },
  },
]
