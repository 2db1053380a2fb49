import { Arg, Resolver } from 'type-graphql';
import { Query } from '../schema/decorators.ts';
import { ApiVersion } from '../schema/enums.ts';
import { Hello } from '../schema/hello.ts';
import { Allow } from '../schema/policy.ts';

const messages = { V1: 'Hello', V2: 'Hello from Questline' } as const;

@Resolver()
export class HelloResolver {
  @Allow('PUBLIC')
  @Query(() => Hello, { description: 'Fixed data to test a connection with.' })
  hello(@Arg('version', () => ApiVersion, { defaultValue: 'V2' }) version: keyof typeof ApiVersion): Hello {
    return { message: messages[version], version };
  }
}
