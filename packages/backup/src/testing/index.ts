export { backupProofs } from './proofs.ts';
export { openTestVault, type TestVault } from './vault.ts';
