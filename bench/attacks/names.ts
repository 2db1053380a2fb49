/** What ground.sql creates and attacks use. */

/** The attackers' accounts, which all have this password. */
export const attackers = ['mallory', 'oscar', 'trudy', 'sybil'] as const;
export const password = 'plum violin harbour';
/** A person who has recorded 50,000 events of this type. */
export const lateUser = 'latecomer';
export const lateEventType = 'bench.late';
/** A quest whose completions pay 10 gold, the price of this product. */
export const paidQuest = 'Paid by the bench';
export const productSku = 'BENCH-10';
