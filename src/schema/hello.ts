import { Field, ObjectType } from 'type-graphql';
import { ApiVersion } from './enums.ts';

@ObjectType({ simpleResolvers: true })
export class Hello {
  @Field(() => String)
  message!: string;

  @Field(() => ApiVersion)
  version!: keyof typeof ApiVersion;
}
