<?php
/**
 * What WordPress asks on behalf of a person: everything kept, or to forget it.
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

defined( 'ABSPATH' ) || exit;

/**
 * Exporter, eraser, and the words for the shop's privacy policy.
 */
final class Privacy {

	const GROUP = 'perennial';

	/**
	 * Take part in what WordPress does.
	 */
	public static function hook(): void {
		add_filter( 'wp_privacy_personal_data_exporters', array( self::class, 'add_exporter' ) );
		add_filter( 'wp_privacy_personal_data_erasers', array( self::class, 'add_eraser' ) );
		add_action( 'admin_init', array( self::class, 'suggest' ) );
	}

	/**
	 * One exporter more.
	 *
	 * @param array $known Exporters.
	 * @return array
	 */
	public static function add_exporter( array $known ): array {
		$known[ self::GROUP ] = array(
			'exporter_friendly_name' => __( 'Perennial loyalty', 'perennial-loyalty' ),
			'callback'               => array( self::class, 'export' ),
		);
		return $known;
	}

	/**
	 * One eraser more.
	 *
	 * @param array $known Erasers.
	 * @return array
	 */
	public static function add_eraser( array $known ): array {
		$known[ self::GROUP ] = array(
			'eraser_friendly_name' => __( 'Perennial loyalty', 'perennial-loyalty' ),
			'callback'             => array( self::class, 'erase' ),
		);
		return $known;
	}

	/**
	 * Everything the service keeps of a person.
	 *
	 * @param string $email Whose.
	 * @return array
	 */
	public static function export( string $email ): array {
		$told = Settings::is_paired() ? Wire::ask( 'export', self::person( $email ) ) : array( 'people' => array() );
		if ( is_wp_error( $told ) ) {
			$why = __( 'The loyalty service could not be asked. Try again later.', 'perennial-loyalty' );
			return array(
				'data' => array( self::item( 'failed', array( __( 'Perennial loyalty', 'perennial-loyalty' ) => $why ) ) ),
				'done' => true,
			);
		}
		$data = array();
		foreach ( (array) ( $told['people'] ?? array() ) as $number => $person ) {
			$data[] = self::item( (string) $number, is_array( $person ) ? $person : array() );
		}
		return array(
			'data' => $data,
			'done' => true,
		);
	}

	/**
	 * Ask the service to forget a person; never claim more than it said.
	 *
	 * @param string $email Whom.
	 * @return array
	 */
	public static function erase( string $email ): array {
		$asked  = Settings::is_paired() ? Wire::ask( 'erase', self::person( $email ) ) : array();
		$failed = is_wp_error( $asked );
		return array(
			'items_removed'  => ! $failed && ! empty( $asked['known'] ),
			'items_retained' => $failed,
			'messages'       => $failed ? array( __( 'The loyalty service could not be told to forget this person. Try again later.', 'perennial-loyalty' ) ) : array(),
			'done'           => true,
		);
	}

	/**
	 * Words for the shop's own privacy policy.
	 */
	public static function suggest(): void {
		wp_add_privacy_policy_content(
			__( 'Perennial Loyalty', 'perennial-loyalty' ),
			wp_kses_post( '<p>' . __( 'We run our loyalty programme with Perennial. It receives your orders, your name and your e-mail address from this shop, keeps your points, and forgets you when you ask us to.', 'perennial-loyalty' ) . '</p>' )
		);
	}

	/**
	 * Whom a call is about: orders may carry another e-mail than the account.
	 *
	 * @param string $email As WordPress knows it.
	 * @return array
	 */
	private static function person( string $email ): array {
		$user = get_user_by( 'email', $email );
		return array(
			'email'    => $email,
			'customer' => $user ? (string) $user->ID : '',
		);
	}

	/**
	 * A person's data as WordPress prints it.
	 *
	 * @param string $id   Which one.
	 * @param array  $kept What is kept, by its name.
	 * @return array
	 */
	private static function item( string $id, array $kept ): array {
		$data = array();
		foreach ( $kept as $name => $value ) {
			$data[] = array(
				'name'  => (string) $name,
				'value' => is_scalar( $value ) ? esc_html( (string) $value ) : '<pre>' . esc_html( (string) wp_json_encode( $value, JSON_PRETTY_PRINT | JSON_UNESCAPED_UNICODE ) ) . '</pre>',
			);
		}
		return array(
			'group_id'    => self::GROUP,
			'group_label' => __( 'Loyalty programme', 'perennial-loyalty' ),
			'item_id'     => self::GROUP . "-$id",
			'data'        => $data,
		);
	}
}
