/** Every limit of forwarding, in one place. */
export interface ForwardLimits {
  /** Records of one signal that are in memory before they are a message to a backend. Beyond it the oldest are dropped, and counted. */
  readonly waiting: number;
  /** The same in bytes, as the store estimates them. */
  readonly waitingBytes: number;
  /** Records of one message. */
  readonly batch: number;
  /** Messages that are in memory and not on the disk. More than one, so that it can be told which of them a backend chokes on. */
  readonly messages: number;
  /** Fewer records than that wait so long for more. */
  readonly gatherMs: number;
  /** After one stretch of work so many times as long is left to whatever else this process does. */
  readonly restShare: number;
  /** One message is tried for so long before the one behind it is. */
  readonly giveUpMs: number;
  /** At the end, for all that waits. */
  readonly lastMs: number;
}

export const FORWARD_LIMITS: ForwardLimits = {
  waiting: 20_000,
  waitingBytes: 32 * 1024 * 1024,
  batch: 1_000,
  messages: 2,
  gatherMs: 1_000,
  restShare: 3,
  giveUpMs: 5 * 60_000,
  lastMs: 2_000,
};
