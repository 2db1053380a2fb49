import { Field, ID, InputType, Int } from 'type-graphql';
import { OrderDirection, PostOrderField } from './enums.ts';

@InputType({ description: 'Left out: RELEVANCE in a search, else CREATED_AT DESC.' })
export class PostOrder {
  @Field(() => PostOrderField)
  field!: keyof typeof PostOrderField;

  @Field(() => OrderDirection, { defaultValue: 'DESC' })
  direction!: keyof typeof OrderDirection;
}

@InputType()
export class PostFilter {
  @Field(() => ID, { nullable: true })
  authorId?: string | null;

  @Field(() => ID, { nullable: true })
  collectionId?: string | null;
}

@InputType()
export class CreatePostInput {
  @Field(() => String)
  title!: string;

  @Field(() => String)
  body!: string;

  @Field(() => [ID], { defaultValue: [] })
  collectionIds!: string[];
}

@InputType()
export class UpdatePostInput {
  @Field(() => ID)
  id!: string;

  @Field(() => Int)
  expectedVersion!: number;

  @Field(() => String, { nullable: true })
  title?: string | null;

  @Field(() => String, { nullable: true })
  body?: string | null;
}

@InputType()
export class DeletePostInput {
  @Field(() => ID)
  id!: string;
}
