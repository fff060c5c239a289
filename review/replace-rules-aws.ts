/** E */
export const awsReplaces: Readonly<Record<string, readonly string[]>> = {};
