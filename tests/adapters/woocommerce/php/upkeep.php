<?php
/**
 * A refund that is about to be deleted, without WordPress: prints what was done to its order.
 */

namespace {
	define( 'ABSPATH', __DIR__ );
	$question = json_decode( stream_get_contents( STDIN ), true );

	class Order {
		public array $done = array();
		public function set_date_modified( $at ) {
			$this->done[] = $at >= time() - 60 ? 'now' : 'then';
		}
		public function save() {
			$this->done[] = 'saved';
		}
	}
	class Refund {
		public function get_parent_id() {
			return 41;
		}
	}
	function get_option() {
		return array( 'state' => $GLOBALS['question']['state'] );
	}
	function wc_get_order( $id ) {
		$GLOBALS['order'] = new Order();
		return 41 === $id ? $GLOBALS['order'] : false;
	}
}

namespace Perennial\Loyalty {
	foreach ( array( 'settings', 'upkeep' ) as $part ) {
		require $argv[1] . "/includes/class-$part.php";
	}
	$early = Upkeep::tell_of_order( $GLOBALS['question']['early'], new \Refund() );
	echo json_encode( array( $early, $GLOBALS['order']->done ?? array() ) );
}
