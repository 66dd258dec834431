import type { MigrationHazard } from '@islet/driver';
import { hazardText } from '@islet/driver/migrations';

/** Why a file does not run: hazards that it does not allow. Undefined: it may. */
export function refusalOf(hazards: readonly MigrationHazard[]): string | undefined {
  const refused = hazards.filter(({ effect, allowed }) => !allowed && effect !== 'breaks the running revision');
  if (refused.length === 0) return undefined;
  const rules = [...new Set(refused.map(({ rule }) => rule))].join(', ');
  return `${refused.map(hazardText).join('; ')}. Nothing of the file ran; to run it as it is, write "-- islet: allow ${rules}" into it`;
}
