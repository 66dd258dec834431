/** Carries a session's second half: a page of another port has the cookie sent along, but can't know this. */
export const DASHBOARD_HEADER = 'x-islet-dashboard';
