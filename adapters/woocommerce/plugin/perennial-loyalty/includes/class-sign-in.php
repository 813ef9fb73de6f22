<?php
/**
 * From the shop's admin into the service's: a token of one use and one minute.
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

defined( 'ABSPATH' ) || exit;

/**
 * Sign-in without a password of its own.
 */
final class Sign_In {

	const SECONDS = 60;

	/**
	 * Take part in what WordPress does.
	 */
	public static function hook(): void {
		add_action( 'admin_post_perennial_enter', array( self::class, 'enter' ) );
	}

	/**
	 * Send the admin's browser with a fresh token.
	 */
	public static function enter(): void {
		Admin_Page::check( 'enter' );
		if ( ! Settings::is_paired() ) {
			Admin_Page::go( 'not_ready' );
		}
		$user  = wp_get_current_user();
		$now   = time();
		$token = Wire::token(
			array(
				'iss'  => home_url(),
				'sub'  => (string) $user->ID,
				'name' => $user->display_name,
				'aud'  => 'admin',
				'iat'  => $now,
				'exp'  => $now + self::SECONDS,
				'jti'  => bin2hex( random_bytes( 16 ) ),
			),
			Settings::secret( 'plugin' )
		);
		nocache_headers();
		header( 'Referrer-Policy: no-referrer' );
		$target = Settings::service() . '/admin/woocommerce/' . rawurlencode( (string) Settings::get( 'public_id' ) ) . '/enter?token=' . rawurlencode( $token );
		wp_redirect( $target ); // phpcs:ignore WordPress.Security.SafeRedirect.wp_redirect_wp_redirect -- the service is another host.
		exit;
	}
}
