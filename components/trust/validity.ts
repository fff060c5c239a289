const hoursPerYear = 365 * 24;

/** How long a certificate holds, and for how long before its end the next `up` makes a new one. */
export interface Validity {
  readonly validityPeriodHours: number;
  readonly earlyRenewalHours: number;
}

/** The authority's own: made anew with the same key, so that old and new vouch for the same certificates. */
export const authorityValidity: Validity = {
  validityPeriodHours: 20 * hoursPerYear,
  earlyRenewalHours: 5 * hoursPerYear,
};

/** An identity's: whoever runs `up` once in two years never meets one that has ended. */
export const certificateValidity: Validity = {
  validityPeriodHours: 5 * hoursPerYear,
  earlyRenewalHours: 2 * hoursPerYear,
};
