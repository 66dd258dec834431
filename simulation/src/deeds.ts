import { ApiError } from '@islet/client';

/** What people do; what stands there twice they do twice as often. */
export const DEEDS = [
  ...(['deploy', 'deploy', 'deploy', 'configure', 'scale', 'restart', 'steer', 'steer', 'rollback'] as const),
  ...(['add or remove', 'drain', 'drain', 'again'] as const),
];
export const STEERING = ['pause', 'resume', 'promote', 'abort'] as const;

/** There may be nothing to steer, nothing to go back to, and nothing that could stand in. */
export async function unlessRefused(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof ApiError) || (error.code !== 'conflict' && error.code !== 'not-found')) throw error;
  }
}
