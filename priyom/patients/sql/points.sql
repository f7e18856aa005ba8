-- Live contact points with this address, own ones first.
SELECT * FROM patients_contactpoint
WHERE kind = %(kind)s::text AND address = %(address)s::text AND removed_at IS NULL
ORDER BY relation <> 'own', id
