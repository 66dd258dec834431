/** Kubernetes' CrashLoopBackOff, but the first restart is immediate: a single crash costs no time. */
export const RESTART_BACKOFF = { firstMs: 1_000, factor: 2, capMs: 300_000, jitter: 0.25 } as const;

/**
 * How long to wait before the next start of an instance which has ended `exits` times since it was last healthy for
 * long: 0, then 1 s doubling to 5 min, each ±25 % so that instances which died together don't come back together.
 */
export function restartDelayMs({ exits, dice }: { readonly exits: number; readonly dice: () => number }): number {
  if (exits <= 1) return 0;
  const { firstMs, factor, capMs, jitter } = RESTART_BACKOFF;
  const plain = Math.min(firstMs * factor ** (exits - 2), capMs);
  return Math.round(plain * (1 - jitter + 2 * jitter * dice()));
}
