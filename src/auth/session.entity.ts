import { Column, Entity, PrimaryColumn } from 'typeorm';

export const SESSION_END_REASONS = ['logout', 'revoked', 'expired', 'password', 'deactivated'] as const;
export type SessionEndReason = (typeof SESSION_END_REASONS)[number];

/** A login of a user on one device. The row stays for a while after its end, so that a token of it is answered by "ended". */
@Entity('sessions')
export class Session {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') userId: string;
  /** Its tokens come from another service; the id is derived from their claims. */
  @Column('boolean', { default: false }) external: boolean;
  @Column('text', { nullable: true }) userAgent: string | null;
  @Column('text', { nullable: true }) ip: string | null;
  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' }) createdAt: Date;
  /** To the minute. */
  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' }) lastUsedAt: Date;
  @Column({ type: 'timestamptz', precision: 3 }) expiresAt: Date;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) endedAt: Date | null;
  @Column('text', { nullable: true }) endReason: SessionEndReason | null;
}

/** A refresh token, by its hash. A used one stays as long as its session: its second use shows theft. */
@Entity('refresh_tokens')
export class RefreshToken {
  /** SHA-256. */
  @PrimaryColumn('bytea') tokenHash: Buffer;
  @Column('uuid') sessionId: string;
  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' }) createdAt: Date;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) usedAt: Date | null;
}
