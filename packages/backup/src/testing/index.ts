export { type CopyingChild, copyInChild, killedCopies } from './killed-copies.ts';
export { killedRestores, type RestoringChild, restoreInChild } from './killed-restores.ts';
export { backupProofs } from './proofs.ts';
export { openTestVault, orderOf, type TestVault } from './vault.ts';
