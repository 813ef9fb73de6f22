<?php
/**
 * The plugin's pure parts without WordPress: reads one question as JSON, prints its answer.
 */

namespace {
	define( 'ABSPATH', __DIR__ );
	$question = json_decode( stream_get_contents( STDIN ), true );

	function wp_json_encode( $value ) {
		return json_encode( $value );
	}
	function get_option( $name, $otherwise ) {
		return $GLOBALS['question']['options'][ $name ] ?? $otherwise;
	}
	class WP_REST_Request {
		public function get_header( $name ) {
			return $GLOBALS['question']['headers'][ $name ] ?? '';
		}
		public function get_body() {
			return $GLOBALS['question']['body'];
		}
	}
}

namespace Perennial\Loyalty {
	function time() {
		return $GLOBALS['question']['now'];
	}

	$includes = $argv[1] . '/includes';
	require "$includes/class-settings.php";
	require "$includes/class-wire.php";

	$asked  = $GLOBALS['question'];
	$answer = null;
	if ( 'sign' === $asked['ask'] ) {
		$answer = Wire::signature( $asked['secret'], (string) $asked['now'], 'plugin', $asked['what'], $asked['body'] );
	} elseif ( 'token' === $asked['ask'] ) {
		$answer = Wire::token( $asked['claims'], $asked['secret'] );
	} elseif ( 'is_service' === $asked['ask'] ) {
		$answer = Wire::is_service( new \WP_REST_Request(), $asked['what'] );
	}
	echo json_encode( $answer );
}
