import { SERVICE_STATES } from '@islet/plan';
import { z } from 'zod';

/** What is told of a service's rollout, and asked of it. */

export const Decision = z
  .object({ seq: z.int(), at: z.number(), service: z.string().optional(), kind: z.string(), text: z.string() })
  .meta({ id: 'Decision' });

export const ROLLOUT_ACTIONS = ['pause', 'resume', 'promote', 'abort'] as const;

export const RolloutStatus = z
  .object({
    service: z.string(),
    state: z.enum(SERVICE_STATES),
    /** One sentence: what it waits for, or what decided. */
    why: z.string(),
    strategy: z.string(),
    /** The revision asked for. */
    wanted: z.string(),
    /** The last revision that was promoted. */
    stable: z.string().optional(),
    /** What it goes back to while it bakes. */
    fallback: z.string().optional(),
    /** Steps that are behind it, and the shares of all of them, in hundredths; only while one is under way. */
    step: z.int().optional(),
    steps: z.array(z.number()).optional(),
    /** How to ask for the new revision whatever its share: an address, or what a request must carry. */
    preview: z.string().optional(),
    /** What its requests say. */
    evidence: z.string().optional(),
    bakesUntil: z.number().optional(),
    history: z.array(Decision),
  })
  .meta({ id: 'RolloutStatus' });

export type Decision = z.infer<typeof Decision>;
export type RolloutStatus = z.infer<typeof RolloutStatus>;
export type RolloutAction = (typeof ROLLOUT_ACTIONS)[number];
