/** The pages that are not of one service, in the order of the menu. */
export const PAGES = [
  { path: '/', name: 'Overview' },
  { path: '/map', name: 'Map' },
  { path: '/traces', name: 'Traces' },
  { path: '/logs', name: 'Logs' },
  { path: '/errors', name: 'Errors' },
  { path: '/alerts', name: 'Alerts' },
  { path: '/api', name: 'API' },
  { path: '/plan', name: 'Plan' },
  { path: '/backups', name: 'Backups' },
  { path: '/system', name: 'System' },
] as const;
