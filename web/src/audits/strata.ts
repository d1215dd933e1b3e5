/** Strata of audits in words. */

/** A stratum as the server names it. */
export const stratumText = (stratum: string): string => stratum;
