export { killedRestores, type RestoringChild, restoreInChild } from './killed-restores.ts';
export { backupProofs } from './proofs.ts';
export { openTestVault, type TestVault } from './vault.ts';
