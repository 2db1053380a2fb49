import type { Config } from '../../config.ts';
import type { SharedRedis } from '../../database/redis.ts';
import type { Logger } from '../../logger.ts';
import { LeakingRates } from './leaking-rates.ts';
import type { Rates } from './rates.ts';
import { RedisReach } from './redis-reach.ts';
import { SocketQuota } from './socket-quota.ts';

/** The limits that all processes share. */
export interface SharedLimits {
  readonly rates: Rates;
  readonly socketQuota: SocketQuota;
  close(): Promise<void>;
}

export interface SharedLimitsOptions {
  readonly limits: Config['limits'];
  /** Undefined if this process serves alone. */
  readonly redis: SharedRedis | undefined;
  readonly log: Logger;
}

export async function openSharedLimits({ limits, redis, log }: SharedLimitsOptions): Promise<SharedLimits> {
  const reach = redis && new RedisReach(redis, log);
  await reach?.start();
  const rates = new LeakingRates({ ofUser: limits.rateOfUser, ofAddress: limits.rateOfAddress, reach });
  const socketQuota = new SocketQuota({
    ofUser: limits.socketsOfUser,
    ofAddress: limits.socketsOfAddress,
    reach,
  });
  return {
    rates,
    socketQuota,
    async close() {
      await Promise.all([rates.close(), socketQuota.close()]);
      reach?.release();
    },
  };
}
