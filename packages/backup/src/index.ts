export {
  type Catalog,
  type Copy,
  type Era,
  type Head,
  type LogPiece,
  listingOf,
  type Point,
  readCatalog,
} from './catalog.ts';
export { type Chain, chainFrom } from './chain.ts';
export { type DrillAnswer, type DrillFacts, drillProblems } from './drill.ts';
export { ensureEra } from './era.ts';
export { folderRepository } from './folder-repository.ts';
export { keepStore, type StoreKeeper } from './keep/keep-store.ts';
export type { KeepParts, LastCopy, StoreOrder, StoreTold } from './keep/order.ts';
export { newKey, parseRecoveryKey, type RecoveryKey, recoveryKey, recoveryKeyText } from './keys.ts';
export { LIMITS as BACKUP_LIMITS } from './limits.ts';
export { type LogWriter, openLogWriter } from './log-writer.ts';
export type { Manifest } from './manifest.ts';
export { bringAll, type MirrorTold, mirrored } from './mirror.ts';
export { type CopyId, type EraId, instantId, instantOf, pointName } from './names.ts';
export { readCopy, readLog, spansOf } from './read-copy.ts';
export { type Removals, removalsIn } from './removals.ts';
export type { Repository, StoredObject } from './repository.ts';
export { type Choice, choose, isUnlogged, type Offer, offersOf, type Wanted, type WholeCopy } from './restorable.ts';
export { garbageOf, type Keep, keptCopies, mergesOf } from './retention.ts';
export { type S3Place, s3Repository } from './s3-repository.ts';
export { type CopyHistory, isLate, nextCopyAt } from './schedule.ts';
export { upkeep } from './upkeep.ts';
export { ensureVault, openVault, type Vault } from './vault.ts';
export { type Finding, type Verified, verifyVault } from './verify.ts';
export { type Written, writeCopy } from './write-copy.ts';
