<?php
/**
 * Who the shopper is, signed for five minutes: from an address no cache keeps, never in a page.
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

defined( 'ABSPATH' ) || exit;

/**
 * The shopper's token.
 */
final class Token {

	const ACTION  = 'perennial_token';
	const SECONDS = 300;

	/**
	 * Take part in what WordPress does.
	 */
	public static function hook(): void {
		add_action( 'wp_ajax_' . self::ACTION, array( self::class, 'answer' ) );
		add_action( 'wp_ajax_nopriv_' . self::ACTION, array( self::class, 'answer' ) );
	}

	/**
	 * Where browsers ask for it.
	 */
	public static function url(): string {
		return admin_url( 'admin-ajax.php?action=' . self::ACTION, 'relative' );
	}

	/**
	 * A token for who is signed in; null for everybody else.
	 */
	public static function answer(): void {
		nocache_headers();
		$id = get_current_user_id();
		if ( 0 === $id || ! Settings::is_paired() ) {
			wp_send_json( array( 'token' => null ) );
		}
		$now    = time();
		$claims = array(
			'iss' => home_url(),
			'sub' => (string) $id,
			'aud' => 'widget',
			'iat' => $now,
			'exp' => $now + self::SECONDS,
			'jti' => bin2hex( random_bytes( 16 ) ),
		);
		wp_send_json( array( 'token' => Wire::token( $claims, Settings::secret( 'widget' ) ) ) );
	}
}
