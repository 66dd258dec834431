/** Every limit of the proxy, in one place. Times in milliseconds, sizes in bytes; sources in the documented defaults. */
export const LIMITS = {
  /** Requests that begin in one turn of the loop: see `Openings`. */
  openingsPerTurn: 32,
  /** The request target: RFC 9112 asks for at least 8,000. */
  targetBytes: 16 * 1024,
  /** All header fields of a message together, and their number. */
  fieldsBytes: 32 * 1024,
  fields: 100,
  /** Heads before the response, such as early hints: each of them is passed on. */
  informationalHeads: 32,
  chunkLineBytes: 256,
  trailersBytes: 8 * 1024,
  /** A head that comes again and again is kept once for all connections up to this size. */
  commonHeadBytes: 4 * 1024,
  /** A request's body is kept for a retry up to this size. */
  replayBytes: 64 * 1024,
  /** What a client has pipelined, before it is read no further. */
  heldBytes: 64 * 1024,
  /** All that is stored of responses, for all services together. */
  cacheBytes: 256 * 1024 * 1024,
  /** Of one target, by what `Vary` names. */
  cacheVariants: 16,
  /** Requests that wait for what another one brings. */
  cacheFollowers: 1_000,
  /** How long, and of how many targets, it is known that their responses are not stored. */
  notStorableMs: 10_000,
  notStorableKeys: 10_000,
  /** Of how many targets it is known when they were changed: for as long as something takes that was asked for before. */
  changedTargets: 1_000,
  /** How long others wait for what a client is brought that takes it slowly. */
  cacheHeldMs: 1_000,
  /** Responses that are compressed at once; each takes some hundred kilobytes. */
  encoders: 128,
  controlBodyBytes: 16 * 1024 * 1024,

  /** How long to find out whether an instance that reset a connection takes another. */
  deathCheckMs: 500,
  /** From the first byte of a request's head to its last: what a slow-loris gets. */
  requestHeadTimeoutMs: 10_000,
  /** A body of the public's: after this long it must have come at this pace (Apache's `RequestReadTimeout`, which began it). */
  bodyGraceMs: 30_000,
  bodyBytesPerSecond: 500,
  /** How long a client may take nothing of what it is sent (nginx's `send_timeout`); of the public's, also in the middle of a response. */
  clientStillMs: 60_000,
  tlsHandshakeMs: 10_000,
  /** Handshakes under way on one listener. Beyond it the oldest makes room: an honest client ends its own in an instant. */
  tlsHandshakes: 1_000,
  /** How often the files of certificates are looked at. */
  certificateLookMs: 5_000,
  /** Tokens whose verdict is kept, and such as are being looked at. */
  tokensKnown: 10_000,
  tokensPending: 64,
  /** How long a token is not looked at again that is not good, and one is trusted that has no end. */
  tokenDoubtMs: 10_000,
  tokenTrustMs: 300_000,
  keysFetchMs: 5_000,
  clientIdleMs: 75_000,
  /** Without a byte for a client that has ended its side: it may wait for its answer, or have left. */
  halfClosedMs: 1_000,
  /** How long what a refused client still sends is read and dropped, so that a reset doesn't overtake the answer. */
  lingerMs: 1_000,

  /** Streams that a client of HTTP/2 may have open on one connection: RFC 9113 asks for at least 100. */
  http2Streams: 250,
  /** What may come of one stream's body before it is read on, and so what a stalled stream can hold. */
  http2WindowBytes: 256 * 1024,
  /** The same of a response that has just begun, and how many may be widened to that at once, of all clients. */
  http2NarrowWindowBytes: 64 * 1024,
  http2WideWindows: 32,
  /** After a response that needed one: how many of the next over that connection get one from the beginning. */
  http2WideAhead: 16,
  /** What may come of all streams of one connection between two turns of the loop. */
  http2ConnectionWindowBytes: 1024 * 1024,
  /** Streams that a client may reset at once, and in a second after that (CVE-2023-44487). */
  http2ResetBurst: 200,
  http2ResetsPerSecond: 50,
  /** PING, SETTINGS and the like of a peer that may come in a second, beside as many as it was sent pieces of bodies. */
  http2ControlFramesPerSecond: 500,
  /** In a second: frames without a use, and streams beyond those that it may open. */
  http2InvalidFrames: 100,
  http2RejectedStreams: 100,
  /** In MiB: what may wait to be sent on one connection, and what may have come of streams that are not read on. */
  http2SessionMiB: 10,
  /** Between the notice that a connection will end and its end: what the client has sent meanwhile is still answered. */
  http2GoodbyeMs: 1_000,
  /** Connections to one instance; more are opened only where its streams are used up. */
  http2SessionsPerEndpoint: 4,
  /** With calls under way on a connection to an instance: how long nothing may come before a PING is sent. */
  http2PingAfterMs: 500,
  /** How long nothing may come after it, before others are asked instead; and before the connection is given up. */
  http2SilentMs: 500,
  http2PingTimeoutMs: 10_000,
  /** What a server of gRPC takes between two answers, and what it takes at any time: 5 min (gRFC A8), and some. */
  http2PingsUnanswered: 3,
  http2PingSpacingMs: 330_000,
  /** Streams on a connection to an instance that has not told its limit yet. */
  http2StreamsUntold: 100,

  /** Copies on their way to a mirror of one service; what is above that is not copied. */
  mirrorsInFlight: 64,
  /** So much of a copy's response is read and dropped; then its connection is given up. */
  mirroredBytes: 1024 * 1024,

  /** What one read of an instance's response may bring; of a large one, and of a tunnel. */
  sharedReadBytes: 32 * 1024,
  lentReadBytes: 128 * 1024,
  /** Responses that are read in such large parts at once, and how many of the buffers for that are kept for the next. */
  lentReads: 64,
  keptReads: 32,
  /** What may wait for a slow client before its instance is paused. */
  clientBacklogBytes: 16 * 1024,
  clientsPerListener: 10_000,
  /** As many as may be in flight by default: in a flood, connections that are closed and made anew cost more than requests. */
  idlePerEndpoint: 1024,
  /** Beyond so many, they are kept for a moment only. */
  restingPerEndpoint: 256,
  spareIdleMs: 5_000,
  upstreamIdleMs: 55_000,
  /** For requests that can't be repeated: a server that promises nothing may close after 5 s, as Node does. */
  upstreamIdleForOnceMs: 4_000,
  /** A kept connection is given up this long before the server says it will close it. */
  keepAliveMarginMs: 1_000,
  /** Of each service, of how many revisions without instances the counts are kept. */
  goneRevisions: 8,
  /** An endpoint that refused is passed over for this long, while others are left. */
  avoidRefusedMs: 1_000,

  /** The access log is written in batches, this often. */
  accessLogFlushMs: 200,
  /** What waits for the disk; beyond it lines are lost, and counted. */
  accessLogBufferBytes: 4 * 1024 * 1024,
  accessLogFileBytes: 16 * 1024 * 1024,
  /** Files of that size that are kept beside the current one. */
  accessLogOldFiles: 4,
  /** The longest life of a token that lets a caller see what was decided. */
  explainTokenMs: 24 * 60 * 60 * 1000,

  /** How often it is looked at whether threads are well, and how many times they may not have moved. */
  threadLookMs: 1_000,
  threadStillSeconds: 10,
  /** How long a thread that is not needed any more lets what it carries finish. */
  threadGoodbyeMs: 60_000,
  /** How long connections at rest may ask once more, where a listener or a thread goes and all else stays. */
  goodbyeMs: 5_000,

  sweepMs: 100,
  poolSweepMs: 1_000,
  rebindMs: 1_000,
  shutdownMs: 5_000,
  inFlightFileMs: 100,
} as const;
