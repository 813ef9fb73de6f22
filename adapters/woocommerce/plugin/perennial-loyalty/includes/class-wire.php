<?php
/**
 * Calls between the shop's server and the service's, signed both ways.
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

use WP_Error;
use WP_REST_Request;

defined( 'ABSPATH' ) || exit;

/**
 * A signature covers the time, who speaks, what is wanted and the body.
 */
final class Wire {

	const WINDOW_SECONDS  = 300;
	const TIMEOUT_SECONDS = 3;

	/**
	 * Ask the service.
	 *
	 * @param string $what    The call's name.
	 * @param array  $message What it says.
	 * @param string $secret  Which secret signs: plugin, or plugin_next.
	 * @param int    $seconds How long we wait.
	 * @return array|WP_Error The answer.
	 */
	public static function ask( string $what, array $message = array(), string $secret = 'plugin', int $seconds = self::TIMEOUT_SECONDS ) {
		$shop = (string) Settings::get( 'public_id', '' );
		$key  = Settings::secret( $secret );
		if ( '' === $shop || '' === $key ) {
			return new WP_Error( 'not_connected', 'The shop is not connected.' );
		}
		$body   = (string) wp_json_encode( (object) $message );
		$time   = (string) time();
		$answer = wp_remote_post(
			Settings::service() . "/plugin/woocommerce/$shop/$what",
			array(
				'timeout'     => $seconds,
				'redirection' => 0,
				'headers'     => array(
					'Content-Type'        => 'application/json',
					'Perennial-Timestamp' => $time,
					'Perennial-Signature' => self::signature( $key, $time, 'plugin', $what, $body ),
				),
				'body'        => $body,
			)
		);
		if ( is_wp_error( $answer ) ) {
			return $answer;
		}
		$told = json_decode( wp_remote_retrieve_body( $answer ), true );
		if ( 200 !== wp_remote_retrieve_response_code( $answer ) || ! is_array( $told ) ) {
			$code = is_array( $told ) && isset( $told['code'] ) ? sanitize_key( $told['code'] ) : 'no_answer';
			return new WP_Error( $code, 'The service refused.' );
		}
		return $told;
	}

	/**
	 * Whether the service said this, now, to us.
	 *
	 * @param WP_REST_Request $request The call.
	 * @param string          $what    Its name.
	 */
	public static function is_service( WP_REST_Request $request, string $what ): bool {
		$time  = (string) $request->get_header( 'perennial_timestamp' );
		$given = (string) $request->get_header( 'perennial_signature' );
		if ( ! preg_match( '/^[0-9]{1,12}$/D', $time ) || abs( time() - (int) $time ) > self::WINDOW_SECONDS ) {
			return false;
		}
		foreach ( array( 'plugin', 'plugin_next' ) as $name ) {
			$key = Settings::secret( $name );
			if ( '' !== $key && hash_equals( self::signature( $key, $time, 'service', $what, $request->get_body() ), $given ) ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * The signature of a call.
	 *
	 * @param string $key     The secret.
	 * @param string $time    Unix seconds.
	 * @param string $speaker plugin or service.
	 * @param string $what    The call's name.
	 * @param string $body    Its bytes.
	 */
	public static function signature( string $key, string $time, string $speaker, string $what, string $body ): string {
		return hash_hmac( 'sha256', "$time.$speaker.$what.$body", $key );
	}

	/**
	 * A token that a browser carries and cannot change: its claims and their signature.
	 *
	 * @param array  $claims What it says.
	 * @param string $key    The secret.
	 */
	public static function token( array $claims, string $key ): string {
		$payload = self::base64url( (string) wp_json_encode( $claims ) );
		return $payload . '.' . self::base64url( hash_hmac( 'sha256', $payload, $key, true ) );
	}

	/**
	 * Base64 as addresses and headers can carry it.
	 *
	 * @param string $bytes Any.
	 */
	private static function base64url( string $bytes ): string {
		return rtrim( strtr( base64_encode( $bytes ), '+/', '-_' ), '=' ); // phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions.obfuscation_base64_encode -- a token's form.
	}
}
