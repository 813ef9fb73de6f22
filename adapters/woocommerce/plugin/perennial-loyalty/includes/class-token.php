<?php
/**
 * What a browser may prove to the service, signed for five minutes: who the shopper is, from an address no
 * cache keeps and never in a page; and which order a page is about.
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

defined( 'ABSPATH' ) || exit;

/**
 * The tokens.
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
		wp_send_json( array( 'token' => self::of( $id, 'widget' ) ) );
	}

	/**
	 * A token about a customer or an order; an order's stands only in its own page, which no cache keeps.
	 *
	 * @param int    $id    Whom or what it is about.
	 * @param string $about widget for a customer, or order.
	 */
	public static function of( int $id, string $about ): string {
		$now    = time();
		$claims = array(
			'iss' => home_url(),
			'sub' => (string) $id,
			'aud' => $about,
			'iat' => $now,
			'exp' => $now + self::SECONDS,
			'jti' => bin2hex( random_bytes( 16 ) ),
		);
		return Wire::token( $claims, Settings::secret( 'widget' ) );
	}
}
