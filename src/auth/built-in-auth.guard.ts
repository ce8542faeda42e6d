import { type CanActivate, Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { BuiltInAuthOff } from './auth.errors.js';

/** Closes the routes of names and passwords where another service keeps them. */
@Injectable()
export class BuiltInAuthGuard implements CanActivate {
  constructor(private readonly settings: Settings) {}

  canActivate(): boolean {
    if (!this.settings.auth.builtIn) throw new BuiltInAuthOff();
    return true;
  }
}
