import { Column, Entity, PrimaryColumn } from 'typeorm';

export const SESSION_END_REASONS = ['logout', 'revoked', 'expired', 'password', 'deactivated'] as const;
export type SessionEndReason = (typeof SESSION_END_REASONS)[number];

/** A login of a user on one device. The row stays for a while after its end, so that a token of it is answered by "ended". */
@Entity('sessions')
export class Session {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'user_id' }) userId: string;
  /** Its tokens come from another service; the id is derived from their claims. */
  @Column('boolean', { default: false }) external: boolean;
  @Column('text', { name: 'user_agent', nullable: true }) userAgent: string | null;
  @Column('text', { nullable: true }) ip: string | null;
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3, default: () => 'now()' }) createdAt: Date;
  /** To the minute. */
  @Column({ type: 'timestamptz', name: 'last_used_at', precision: 3, default: () => 'now()' }) lastUsedAt: Date;
  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3 }) expiresAt: Date;
  @Column({ type: 'timestamptz', name: 'ended_at', precision: 3, nullable: true }) endedAt: Date | null;
  @Column('text', { name: 'end_reason', nullable: true }) endReason: SessionEndReason | null;
}

/** A refresh token, by its hash. A used one stays as long as its session: its second use shows theft. */
@Entity('refresh_tokens')
export class RefreshToken {
  /** SHA-256. */
  @PrimaryColumn('bytea', { name: 'token_hash' }) tokenHash: Buffer;
  @Column('uuid', { name: 'session_id' }) sessionId: string;
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3, default: () => 'now()' }) createdAt: Date;
  @Column({ type: 'timestamptz', name: 'used_at', precision: 3, nullable: true }) usedAt: Date | null;
}
