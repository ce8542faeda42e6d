import { SetMetadata } from '@nestjs/common';

export const IS_PUBLIC = 'parley:public';

/** A route that needs no token. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(IS_PUBLIC, true);
