import 'reflect-metadata';
import { Field, Int, ObjectType, Resolver } from 'type-graphql';
import { expect, test } from 'vitest';
import type { ConnectionOf } from '../../src/loaders/connection-of.ts';
import { Connection } from '../../src/schema/connection.ts';
import { FieldResolver, Mutation, Query } from '../../src/schema/decorators.ts';
import { Visibility } from '../../src/schema/enums.ts';
import { Payload, payloadOf } from '../../src/schema/payload.ts';

declare const connection: ConnectionOf<{ readonly name: string }>;

// The compiler runs these tests; nothing is called, so no schema gets these types.
function classesOfResolvers() {
  @ObjectType()
  class Thing {
    @Field(() => String)
    name!: string;

    @Field(() => Int, { nullable: true })
    size!: number | null;

    /** Read only if it is requested. */
    @Field(() => String)
    text?: string;
  }
  const ThingConnection = Connection(() => Thing, 'Thing');

  @ObjectType()
  class ThingPayload extends Payload {
    @Field(() => Thing, { nullable: true })
    thing?: Thing | null;
  }

  const row: { name: string; size: number; text?: string; secret: boolean } = {
    name: 'a',
    size: 1,
    secret: true,
  };

  @Resolver(() => Thing)
  class Right {
    @Query(() => Thing, { nullable: true })
    thing() {
      return Math.random() > 0.5 ? row : null;
    }

    @Query(() => [Thing])
    async things() {
      return [row, null, new Error('DataLoader gives it.')];
    }

    @Mutation(() => ThingPayload)
    makeThing() {
      return payloadOf({ thing: row });
    }

    @FieldResolver(() => Visibility)
    visibility(): 'PUBLIC' {
      return 'PUBLIC';
    }
  }

  @Resolver(() => Thing)
  class Wrong {
    // @ts-expect-error: `size` is missing
    @Query(() => Thing)
    thing() {
      return { name: 'a', text: '' };
    }

    // @ts-expect-error: `text` may be missing, but then something has to read it
    @Query(() => Thing)
    brief() {
      return { name: 'a', size: 1 };
    }

    // @ts-expect-error: `size` is no text
    @Query(() => [Thing])
    async things() {
      return [{ ...row, size: '1' }];
    }

    // @ts-expect-error: the rows of a list lack what a row of the type has
    @Query(() => ThingConnection)
    list() {
      return connection;
    }

    // @ts-expect-error: nothing returns `thing`
    @Mutation(() => ThingPayload)
    makeThing() {
      return payloadOf({ id: 'a' });
    }

    // @ts-expect-error: there is no such value
    @FieldResolver(() => Visibility)
    visibility() {
      return 'SECRET';
    }

    // @ts-expect-error: a text is not a number
    @FieldResolver(() => Int)
    size() {
      return '1';
    }
  }
  return { Right, Wrong };
}

test('a resolver returns what its GraphQL type is made of, or does not compile', () => {
  expect(classesOfResolvers).toBeTypeOf('function');
});
