import { ApiProperty } from '@nestjs/swagger';
import { UserView } from '../users/user.view.js';

const TOKEN = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIwMTk5ZjNhMSJ9.c2lnbmF0dXJl';

export class TokenPairView {
  @ApiProperty({ description: 'JWT for `Authorization: Bearer` and for the handshake of a socket.', example: TOKEN }) accessToken: string;
  @ApiProperty({ description: 'Opaque; valid for one refresh.', example: 'q3VQmZ1k4bR0S0y1oWJtT0u8p7k0p3q6cJb8yT2Xn4E' })
  refreshToken: string;
  @ApiProperty({ description: 'Seconds until the access token expires.', example: 600 }) expiresIn: number;
}

export class LoggedInView extends TokenPairView {
  @ApiProperty({ type: UserView }) user: UserView;
}

export class SessionView {
  @ApiProperty({ format: 'uuid', example: '0199f3a1-6c11-7d2e-8f00-1a2b3c4d5e6f' }) id: string;
  @ApiProperty({ description: 'Whether this session sent the request.', example: true }) current: boolean;
  @ApiProperty({ type: String, nullable: true, example: 'Mozilla/5.0 (X11; Linux x86_64)' }) userAgent: string | null;
  @ApiProperty({ type: String, nullable: true, example: '203.0.113.7' }) ip: string | null;
  @ApiProperty({ format: 'date-time', example: '2026-03-01T09:30:00.000Z' }) createdAt: string;
  @ApiProperty({ description: 'Accurate to a minute.', format: 'date-time', example: '2026-03-01T10:05:00.000Z' }) lastUsedAt: string;
}

export class TicketView {
  @ApiProperty({ description: 'Value of `?ticket=`.', example: TOKEN }) ticket: string;
  @ApiProperty({ description: 'Seconds until the ticket expires.', example: 900 }) expiresIn: number;
}
