import type { Rule } from 'eslint';

export declare const foreignRepository: Rule.RuleModule;
