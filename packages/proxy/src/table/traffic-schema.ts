import type { RoutedService } from '@islet/policy';
import { z } from 'zod';

/** A timer of the runtime holds no more. */
const ms = z.int().min(0).max(2_147_483_647);

const timeout = z.strictObject({ connectMs: ms, requestMs: ms, perTryMs: ms, idleMs: ms });

export const traffic: z.ZodType<RoutedService['traffic']> = z.strictObject({ timeout });
