export { accessiblePath, isReachable } from './accessible-path.ts';
export { FAILPOINTS, type Failpoint } from './failpoint.ts';
export type * from './model.ts';
export { removeLogs, rotateLog } from './rotate.ts';
export { removeServiceUser, type ServiceOfSystem, serviceUser, userName } from './service-user.ts';
export { openSupervisor, type SupervisorOptions } from './supervisor.ts';
export { switchTo } from './switch-user.ts';
export { ensureTool } from './tool.ts';
